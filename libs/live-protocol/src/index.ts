export type { ListedEvents, ListedWans, RouterDetail, TopTalkers, WanBilling, WanHistory } from './api.ts';
export { apiErrorSchema } from './api.ts';
export {
  apiRoutes,
  type ApiRoute,
  eventsQuerySchema,
  historyQuerySchema,
  talkersQuerySchema,
} from './api-routes.ts';
export { type GivenOrder, type OrderKind, type OrderRequest, orderSchema } from './orders.ts';
export { closeCodes, type CloseCode } from './close-codes.ts';
export {
  clientMessageSchema,
  serverMessageSchema,
  type ClientMessage,
  type LiveEvent,
  type RouterView,
  type ServerMessage,
  type ServerMessageOf,
  type WanCondition,
  type WanRow,
  type WanView,
} from './messages.ts';
export {
  LIVE_PATH,
  LIVE_SUBPROTOCOL,
  LIVE_VERSION,
  liveChannels,
  liveLimits,
  wanColumns,
  type LiveChannel,
} from './protocol.ts';
