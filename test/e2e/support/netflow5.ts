/** NetFlow v5 with one record (Cisco NetFlow Services Solutions Guide, table B-3 and B-4). */
export function netflow5(source: string, destination: string, bytes: number): Buffer {
  const datagram = Buffer.alloc(24 + 48);
  datagram.writeUInt16BE(5, 0);
  datagram.writeUInt16BE(1, 2);
  datagram.writeUInt32BE(60_000, 4);
  datagram.writeUInt32BE(Math.floor(Date.now() / 1_000), 8);
  Buffer.from(source.split('.').map(Number)).copy(datagram, 24);
  Buffer.from(destination.split('.').map(Number)).copy(datagram, 28);
  datagram.writeUInt32BE(3, 24 + 16);
  datagram.writeUInt32BE(bytes, 24 + 20);
  datagram.writeUInt32BE(50_000, 24 + 24);
  datagram.writeUInt32BE(59_000, 24 + 28);
  datagram.writeUInt8(6, 24 + 38);
  return datagram;
}
