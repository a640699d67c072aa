// The approval workflow on DBOS: node approval.mjs '{"database": "postgresql://…", "warmUp": 10000, "window": 8000}'
import { DBOS } from '@dbos-inc/dbos-sdk';
import { announce, asked, measure, timed } from './load.mjs';

const settings = JSON.parse(process.argv[2]);

const approval = DBOS.registerWorkflow(async (title) => {
  const question = await DBOS.runStep(async () => {
    announce(title);
    return `${title}: approved by`;
  }, { name: 'askForApproval' });
  const person = await DBOS.recv('approved', { timeoutSeconds: 60 });
  return DBOS.runStep(async () => `${question} ${person}, published`, { name: 'publish' });
}, { name: 'approval' });

async function approveOne(title, thinking) {
  const announced = asked(title);
  const handle = await DBOS.startWorkflow(approval, { workflowID: title })(title);
  await announced;
  return timed(title, thinking, () => DBOS.send(title, 'Ada', 'approved'), () => handle.getResult());
}

// The pool is made larger than the default of 10, which is the first thing to do for this load. Notifications are on by default.
DBOS.setConfig({ name: 'bench', systemDatabaseUrl: settings.database, systemDatabasePoolSize: settings.pool ?? 50, logLevel: 'error' });
await DBOS.launch();
await measure(approveOne, settings);
await DBOS.shutdown();
process.exit(0);
