export interface InterfaceType {
  /** `type` of /interface. */
  readonly routerosName: string;
  /** IANAifType. */
  readonly ifType: number;
}

/** The type that an interface with a default name has. */
export function interfaceType(name: string): InterfaceType {
  if (name.startsWith('bridge')) return { routerosName: 'bridge', ifType: 209 };
  if (name.startsWith('pppoe-')) return { routerosName: 'pppoe-out', ifType: 23 };
  if (name.startsWith('lte')) return { routerosName: 'lte', ifType: 1 };
  return { routerosName: 'ether', ifType: 6 };
}
