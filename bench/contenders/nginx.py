# SPDX-License-Identifier: Apache-2.0
"""nginx, which answers every request with the same bytes: what HTTP alone costs."""
import subprocess

import rig

CONFIG = """
daemon off;
worker_processes auto;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        default_type application/json;
        location / {{
            add_header X-Request-Id 0123456789abcdef-1;
            add_header Cache-Control no-store;
            add_header X-Content-Type-Options nosniff;
            return 200 '{answer}';
        }}
    }}
}}
"""


class Nginx:
    name = "nginx, a fixed answer"

    def __init__(self, folder, answer):
        self.folder, self.answer, self.process = folder, answer, None

    def start(self):
        self.port = rig.free_port()
        config = self.folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=self.folder, port=self.port, answer=self.answer))
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-p", str(self.folder), "-c", str(config), "-e", "stderr"])
        rig.wait_for_port(self.port, self.process)

    def rate(self, connections, seconds, releases=True):
        return rig.wrk(f"http://127.0.0.1:{self.port}", connections, seconds, "load.lua", "k" * 48, rig.USERS, 1000000,
                       4 * connections, "yes" if releases else "no")[0]

    def stop(self):
        rig.stop(self.process)
