export { type LedgerTotals, readLedger } from './read-ledger.ts';
