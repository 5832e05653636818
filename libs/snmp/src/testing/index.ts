export { readSnmprec, type TableRow } from './snmprec.ts';
export { type AgentRequest, openTableAgent, type TableAgent } from './table-agent.ts';
