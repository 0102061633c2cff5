// SPDX-License-Identifier: Apache-2.0
import 'carbon-components-svelte/css/all.css';
import '@fontsource-variable/ibm-plex-sans';
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { startTheme } from './app/theme.svelte';

startTheme();
mount(App, { target: document.getElementById('app') as HTMLElement });
