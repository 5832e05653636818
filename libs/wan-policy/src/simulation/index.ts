export { compare, contenders, type ContenderName, type ContenderResult } from './compare.ts';
export { drawLink, type LinkDay, parseLinks, type SimulatedLink } from './links.ts';
export { type RecordedStep, type ReplayResult, replayPolicy } from './replay-policy.ts';
export { drawSiteDay, trafficModels, type TrafficModel } from './site-traffic.ts';
