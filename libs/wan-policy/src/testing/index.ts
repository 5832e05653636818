export { drawSiteDay, trafficModels, type SiteDay, type TrafficModel } from './site-traffic.ts';
export { runSiteDay, type SiteDayResult } from './run-site-day.ts';
export { FailoverSteerer, MonitorSteerer, PolicySteerer, StaticSteerer, type Steerer } from './steerers.ts';
