export { liveGatewayConfigSchema, type LiveGatewayConfig } from './config.ts';
export { createLiveGateway, type LiveGatewayDeps } from './live-gateway.ts';
