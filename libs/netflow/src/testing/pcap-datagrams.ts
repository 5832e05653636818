import { createCaptureProblems, readDatagrams, type UdpDatagram } from '@fairlead/pcap';

/** The UDP datagrams of a pcap file that is held as a whole. */
export const pcapDatagrams = (file: Uint8Array): UdpDatagram[] => [
  ...readDatagrams([file], createCaptureProblems()),
];
