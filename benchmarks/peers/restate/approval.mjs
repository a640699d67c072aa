// The approval workflow on Restate: node approval.mjs '{"folder": "/tmp/…", "ports": [1, 2, 3, 4], "warmUp": 10000, "window": 8000}'
// The server keeps its data in that folder and listens on 127.0.0.1 only, at ports for ingress, admin, node and our endpoint.
import './polyfill.mjs';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { announce, asked, measure, timed } from './load.mjs';

const restate = await import('@restatedev/restate-sdk');
const clients = await import('@restatedev/restate-sdk-clients');
const settings = JSON.parse(process.argv[2]);
const [ingressPort, adminPort, nodePort, endpointPort] = settings.ports;

const approval = restate.workflow({
  name: 'approval',
  handlers: {
    run: async (context, title) => {
      const question = await context.run('askForApproval', () => {
        announce(title);
        return `${title}: approved by`;
      });
      const person = await context.promise('approved');
      return context.run('publish', () => `${question} ${person}, published`);
    },
    approve: async (context, person) => context.promise('approved').resolve(person),
  },
});

function startServer() {
  const binary = createRequire(import.meta.url).resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`);
  const server = spawn(binary, ['--base-dir', settings.folder, '--no-logo', '--node-name', 'bench', '--listen-mode', 'tcp', '--bind-ip', '127.0.0.1'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingressPort}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${adminPort}`,
      RESTATE_BIND_ADDRESS: `127.0.0.1:${nodePort}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${nodePort}`,
      RESTATE_LOG_FILTER: 'error',
      RESTATE_DISABLE_TELEMETRY: 'true',
    },
  });
  process.on('exit', () => server.kill('SIGKILL'));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
  return server;
}

async function registered() {
  for (let tries = 0; tries < 300; tries++, await pause(100)) {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://127.0.0.1:${endpointPort}`, force: true }),
    }).catch(() => null);
    if (answer?.ok) return;
  }
  throw new Error('the Restate server did not take the endpoint');
}

startServer();
// Without a line per invocation in its log, which costs.
await restate.serve({ services: [approval], port: endpointPort, logger: () => {} });
await registered();
const ingress = clients.connect({ url: `http://127.0.0.1:${ingressPort}` });

async function approveOne(title, thinking) {
  const announced = asked(title);
  const workflow = ingress.workflowClient(approval, title);
  await workflow.workflowSubmit(title);
  await announced;
  return timed(title, thinking, () => workflow.approve('Ada'), () => workflow.workflowAttach());
}

await measure(approveOne, settings);
process.exit(0);
