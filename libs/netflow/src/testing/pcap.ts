const LINK_TYPE_ETHERNET = 1;
const LINK_TYPE_LINUX_COOKED = 113;
const ETHER_TYPE_IPV4 = 0x0800;
const ETHER_TYPE_IPV6 = 0x86dd;
const PROTOCOL_UDP = 17;

/** UDP payloads of a little-endian pcap file with Ethernet or Linux cooked frames, which is what the captures are. */
export function udpPayloads(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, true) !== 0xa1b2c3d4) throw new Error('not a little-endian pcap file');
  const linkType = view.getUint32(20, true);
  const payloads: Uint8Array[] = [];
  for (let at = 24; at + 16 <= file.length; at += 16 + view.getUint32(at + 8, true)) {
    const payload = udpPayload(file.subarray(at + 16, at + 16 + view.getUint32(at + 8, true)), linkType);
    if (payload) payloads.push(payload);
  }
  return payloads;
}

function udpPayload(frame: Uint8Array, linkType: number): Uint8Array | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const headerBytes = { [LINK_TYPE_ETHERNET]: 14, [LINK_TYPE_LINUX_COOKED]: 16 }[linkType];
  if (headerBytes === undefined) throw new Error(`link type ${linkType} is not read here`);
  const etherType = view.getUint16(headerBytes - 2);
  let udpAt: number;
  if (etherType === ETHER_TYPE_IPV4 && view.getUint8(headerBytes + 9) === PROTOCOL_UDP) {
    udpAt = headerBytes + (view.getUint8(headerBytes) & 0x0f) * 4;
  } else if (etherType === ETHER_TYPE_IPV6 && view.getUint8(headerBytes + 6) === PROTOCOL_UDP) {
    udpAt = headerBytes + 40;
  } else {
    return undefined;
  }
  return frame.subarray(udpAt + 8, udpAt + view.getUint16(udpAt + 4));
}
