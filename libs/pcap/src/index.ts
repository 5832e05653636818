export { type CaptureProblem, type CaptureProblems, createCaptureProblems } from './capture-problems.ts';
export { isCapture, readDatagrams } from './read-datagrams.ts';
export type { UdpDatagram } from './udp-datagram.ts';
