import { type ConfigTable, createConfigTable, type Properties } from '../config/config-table.ts';
import type { Editor, Menu } from './menu.ts';
import { createTableEditor } from './table-editor.ts';

/** A menu that is only kept and shown. */
interface GeneralMenu {
  readonly path: string;
  readonly noun: string;
  readonly required: readonly string[];
  readonly others: readonly string[];
  readonly booleans?: readonly string[];
  /** What print shows where nothing else is said; an export leaves it out. */
  readonly defaults?: Properties;
  readonly from7?: boolean;
  /** Its items are fixed, and have names. */
  readonly isFixed?: boolean;
  readonly initial?: readonly Properties[];
}

const list = (names: string): readonly string[] => names.split(',');

const LOGGING_ACTION = 'target,remote,remote-port,src-address,memory-lines,disk-file-name';

/** RouterOS manual, property tables of these menus. `from` are what changed its name or came later. */
const generalMenus = (version: { readonly major: number; readonly minor: number }): GeneralMenu[] => {
  const isSince = (minor: number): boolean => version.major > 6 && version.minor >= minor;
  const from = isSince(24) ? 'available-from' : 'address';
  const target = isSince(15) ? 'dst-address' : 'address';
  return [
    {
      path: '/ip/traffic-flow/target',
      noun: 'traffic flow target',
      required: [target],
      others: list('port,version,v9-template-refresh,v9-template-timeout,disabled'),
      booleans: ['disabled'],
      defaults: {
        port: '2055',
        version: '9',
        'v9-template-refresh': '20',
        'v9-template-timeout': '30m',
        disabled: 'false',
      },
    },
    {
      path: '/snmp/community',
      noun: 'SNMP community',
      required: ['name'],
      others: list('addresses,security,read-access,write-access,disabled'),
      booleans: list('read-access,write-access,disabled'),
      defaults: { security: 'none', 'read-access': 'true', 'write-access': 'false', disabled: 'false' },
      initial: [{ name: 'public', addresses: '::/0' }],
    },
    {
      path: '/system/logging/action',
      noun: 'log action',
      required: list('name,target'),
      others: list(`${LOGGING_ACTION},${isSince(18) ? 'remote-log-format' : 'bsd-syslog'}`),
      booleans: ['bsd-syslog'],
      defaults: {
        'remote-port': '514',
        ...(isSince(18) ? { 'remote-log-format': 'default' } : { 'bsd-syslog': 'false' }),
      },
      initial: [
        { name: 'memory', target: 'memory' },
        { name: 'echo', target: 'echo' },
      ],
    },
    {
      path: '/system/logging',
      noun: 'log rule',
      required: ['topics'],
      others: list('action,prefix,disabled'),
      booleans: ['disabled'],
      defaults: { action: 'memory', disabled: 'false' },
      initial: [{ topics: 'info' }, { topics: 'critical', action: 'echo' }],
    },
    {
      path: '/user/group',
      noun: 'user group',
      required: ['name'],
      others: list('policy,skin,comment'),
      defaults: { skin: 'default' },
      initial: [
        { name: 'read', policy: 'api,local,read,ssh,test,web,winbox' },
        {
          name: 'full',
          policy: 'api,ftp,local,password,policy,read,reboot,sensitive,ssh,test,web,winbox,write',
        },
      ],
    },
    {
      path: '/user',
      noun: 'user',
      required: list('name,group'),
      others: list('address,password,comment,disabled'),
      booleans: ['disabled'],
      defaults: { disabled: 'false' },
      initial: [{ name: 'admin', group: 'full' }],
    },
    {
      path: '/ip/service',
      noun: 'service',
      required: ['name'],
      others: list(`disabled,${from},certificate,port`),
      booleans: ['disabled'],
      defaults: { disabled: 'false', [from]: '' },
      isFixed: true,
      initial: [
        { name: 'api', port: '8728' },
        { name: 'api-ssl', port: '8729', certificate: 'api' },
      ],
    },
    {
      path: '/certificate',
      noun: 'certificate',
      required: ['name'],
      others: list('common-name,key-usage,days-valid'),
      initial: [{ name: 'api', 'common-name': 'router' }],
    },
    {
      path: '/ip/hotspot',
      noun: 'hotspot',
      required: list('interface'),
      others: list('name,disabled,comment'),
      booleans: ['disabled'],
      defaults: { disabled: 'false' },
    },
    {
      path: '/ip/dhcp-client',
      noun: 'DHCP client',
      required: ['interface'],
      others: list('add-default-route,default-route-distance,use-peer-dns,disabled,comment'),
      booleans: list('disabled,use-peer-dns'),
      defaults: { 'add-default-route': 'true', 'default-route-distance': '1', disabled: 'false' },
    },
    {
      path: '/interface/pppoe-client',
      noun: 'PPPoE client',
      required: list('name,interface'),
      others: list('add-default-route,default-route-distance,user,password,disabled,comment'),
      booleans: list('disabled,add-default-route'),
      defaults: { 'add-default-route': 'false', disabled: 'false' },
    },
    {
      path: '/ip/firewall/nat',
      noun: 'nat rule',
      required: list('chain'),
      others: list(
        'action,out-interface,in-interface,src-address,dst-address,dst-port,protocol,to-addresses,to-ports,out-interface-list,in-interface-list,log,log-prefix,disabled,comment',
      ),
      booleans: list('disabled,log'),
      defaults: { action: 'accept', log: 'false', disabled: 'false' },
    },
    {
      path: '/ipv6/address',
      noun: 'address',
      required: ['address'],
      others: list('interface,from-pool,advertise,comment,disabled'),
      booleans: list('advertise,disabled'),
      defaults: { disabled: 'false' },
      from7: true,
    },
    {
      path: '/ipv6/firewall/address-list',
      noun: 'address list entry',
      required: list('list,address'),
      others: list('comment,disabled'),
      booleans: ['disabled'],
      defaults: { disabled: 'false' },
      from7: true,
    },
    {
      path: '/ipv6/firewall/nat',
      noun: 'nat rule',
      required: list('chain'),
      others: list(
        `action,out-interface,in-interface,src-address,dst-address,${isSince(15) ? 'to-address' : 'to-addresses'},to-ports,protocol,log,log-prefix,disabled,comment`,
      ),
      booleans: list('disabled,log'),
      defaults: { action: 'accept', log: 'false', disabled: 'false' },
      from7: true,
    },
    {
      path: '/ipv6/dhcp-client',
      noun: 'DHCPv6 client',
      required: ['interface'],
      others: list('request,pool-name,add-default-route,default-route-distance,disabled,comment'),
      booleans: list('disabled,add-default-route'),
      defaults: { 'add-default-route': 'false', 'default-route-distance': '1', disabled: 'false' },
      from7: true,
    },
  ];
};

/** A menu whose items an export lists, and which of their properties it leaves out. */
export interface ExportedTable {
  readonly path: string;
  readonly table: ConfigTable;
  readonly defaults: Properties;
  /** Properties that this version calls otherwise than the table. */
  readonly words?: Properties;
  /** Its items are changed by `set NAME`, never added. */
  readonly isFixed: boolean;
}

export interface GeneralMenus {
  readonly menus: readonly Menu[];
  readonly tables: readonly ExportedTable[];
  readonly settings: ReadonlyMap<string, Settings>;
}

/** The properties of a menu without items. */
export interface Settings {
  current(): Properties;
  readonly initial: Properties;
}

/** Menus that hold configuration and do nothing in the simulated router: users, services, telemetry, NAT. */
export function createGeneralMenus(version: {
  readonly major: number;
  readonly minor: number;
}): GeneralMenus {
  const isThere = ({ from7 }: GeneralMenu): boolean => from7 !== true || version.major > 6;
  const made = generalMenus(version)
    .filter(isThere)
    .map((given) => {
      const table = createConfigTable(given.initial ?? []);
      const editor = createTableEditor(table, {
        noun: given.noun,
        known: new Set([...given.required, ...given.others]),
        required: given.required,
        allowed: {},
        booleans: given.booleans ?? [],
      });
      const menu: Menu = {
        path: given.path,
        rows: () =>
          table.items().map(({ id, properties }) => ({
            properties: { '.id': id, dynamic: 'false', invalid: 'false', ...given.defaults, ...properties },
          })),
        editor,
      };
      return {
        menu,
        exported: {
          path: given.path,
          table,
          defaults: given.defaults ?? {},
          isFixed: given.isFixed === true,
        },
      };
    });
  const settings = new Map([
    settingsMenu('/ip/traffic-flow', {
      enabled: 'false',
      interfaces: 'all',
      'active-flow-timeout': '30m',
      'inactive-flow-timeout': '15s',
    }),
    settingsMenu('/snmp', { enabled: 'false', contact: '', location: '' }),
    ...(version.major > 6
      ? [settingsMenu('/ipv6/settings', { 'accept-router-advertisements': 'yes-if-forwarding-disabled' })]
      : []),
  ]);
  return {
    menus: [...made.map(({ menu }) => menu), ...[...settings.values()].map(({ menu }) => menu)],
    tables: made.map(({ exported }) => exported),
    settings,
  };
}

function settingsMenu(path: string, initial: Properties): [string, Settings & { readonly menu: Menu }] {
  const table = createConfigTable([initial]);
  const [{ id } = { id: '' }] = table.items();
  const checked = createTableEditor(table, {
    noun: 'settings',
    known: new Set(Object.keys(initial)),
    required: [],
    allowed: {},
    booleans: ['enabled'],
  });
  const editor: Editor = {
    ...checked,
    isSettings: true,
    set: (_, parameters) => checked.set(id, parameters),
  };
  const current = (): Properties => table.items()[0]?.properties ?? {};
  return [path, { current, initial, menu: { path, rows: () => [{ properties: current() }], editor } }];
}
