export { readSnmprec, type TableRow } from './snmprec.ts';
export { type AgentRequest, openTableAgent, type TableAgent } from './table-agent.ts';
export { decodeElements, decodeInteger, decodeOid, encodeElement, encodeInteger, encodeOid } from './ber.ts';
export { type Snmpd, startSnmpd } from './snmpd.ts';
