// SPDX-License-Identifier: Apache-2.0
// An account in which something goes on, for pages to show: organizations, people, sessions, a line, denials, seats.
import { Api, type Json, type Server } from './server';

export interface World {
  account: string;
  user: string;
  project: string;
  session: string;
  denial: string;
}

const TREE: Json = {
  organizations: [
    { path: 'Animation', dedications: { KRE: 20, KSE: 5 } },
    { path: 'Effects', dedications: { KRE: 10 } },
    {
      path: 'Effects/Lighting',
      dedications: { KRE: 5 },
      projects: [{ name: 'Feature film', members: ['milo@nord.example', 'ines@nord.example'] }],
    },
    { path: 'Sound', dedications: { KRE: 1 } },
    { path: 'Archive', dedications: { KRE: 5 } },
    { path: 'Finance' },
  ],
  members: [
    { email: 'ines@nord.example', name: 'Ines Berg', organization: null, role: 'account_admin', kind: 'person' },
    { email: 'milo@nord.example', name: 'Milo Vance', organization: 'Sound', role: 'member', kind: 'person' },
    { email: 'suki@nord.example', name: 'Suki Arai', organization: 'Effects', role: 'org_admin', kind: 'person' },
    { email: 'theo@nord.example', name: 'Theo Marsh', organization: 'Animation', role: 'member', kind: 'person' },
    {
      email: 'lena@nord.example',
      name: 'Lena Okafor',
      organization: 'Effects/Lighting',
      role: 'member',
      kind: 'person',
    },
    { email: null, name: 'Build farm', organization: 'Effects', role: 'member', kind: 'service' },
    { email: 'ruth@nord.example', name: 'Ruth Ekman', organization: null, role: 'auditor', kind: 'person' },
  ],
};

/** Makes the account AC-1 on a fresh server. */
export async function furnish(server: Server): Promise<World> {
  const api = new Api(server.url);
  await api.post('products', { code: 'KRE', name: 'Render engine', model: 'session' });
  await api.post('products', { code: 'KSE', name: 'Studio edition', model: 'seat' });
  const { id: account } = await api.post('accounts', { name: 'Atelier Nord', plan: 'true_enterprise' });
  const at = `accounts/${account}`;
  await api.post(`${at}/purchases`, { product: 'KRE', quantity: 200 });
  await api.post(`${at}/purchases`, { product: 'KSE', quantity: 25, ends_at: '2027-06-30T22:00:00Z' });
  await api.post(`${at}:apply`, TREE);
  const users: Json[] = (await api.get(`${at}/users?limit=100`)).items;
  const levels: Json[] = (await api.get(`${at}/organizations?limit=100`)).items;
  const user = (name: string): string => users.find((one) => one.name === name)?.id;
  const level = (path: string): string => levels.find((one) => one.path === path)?.id;

  const acquire = (body: Json, status = 201): Promise<Json> =>
    api.call('POST', `${at}/sessions`, { product: 'KRE', ttl_s: 3600, ...body }, status);
  const first = await acquire({ user: user('Milo Vance'), machine: 'ws-17' });
  for (let i = 1; i <= 9; i++) await acquire({ user: user('Theo Marsh'), machine: `render-0${i}` });
  await acquire({ user: user('Build farm'), count: 4, machine: 'farm-01' });
  await acquire({ user: user('Lena Okafor'), machine: 'ws-04' });
  await acquire({ user: user('Suki Arai'), machine: 'ws-09' });

  await api.post(`${at}/seats`, { product: 'KSE', user: user('Theo Marsh'), level: level('Animation') });
  const seat = await api.post(`${at}/seats`, { product: 'KSE', user: user('Ines Berg'), level: account });
  await api.post(`${at}/seats/${seat.id}/check-in`, { machine: 'ws-02' });

  // A drain, a denial with its retries, and somebody in line.
  await api.put(`${at}/dedications/${level('Effects')}/KRE`, { count: 7, reclaim: 'drain' });
  await api.put(`${at}/usage-policy`, { policy: 'strict', fallback: false });
  for (let i = 0; i < 3; i++) await acquire({ user: user('Milo Vance'), machine: 'ws-18' }, 409);
  void acquire({ user: user('Milo Vance'), machine: 'ws-19', wait_s: 600 }).catch(() => {});
  const denial = (await api.get(`${at}/denials`)).items[0];
  await api.post(`${at}/api-keys`, { name: 'Build farm', role: 'member', user: user('Build farm') });
  const projects = await api.get(`${at}/projects`);
  return { account, user: user('Milo Vance'), project: projects.items[0].id, session: first.id, denial: denial.id };
}
