export { readTokens, writeTokens } from './access/token-file.ts';
export { makeToken, type StoredToken, tokenState } from './access/token.ts';
export { liveGatewayConfigSchema, type LiveGatewayConfig } from './config.ts';
export { createLiveGateway, type LiveGatewayDeps } from './live-gateway.ts';
