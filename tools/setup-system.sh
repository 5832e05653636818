#!/usr/bin/env bash
# Installs the system programs that some tests meet: real exporters, a real SNMP agent, a real browser.
# Fairlead itself needs none of them.
set -euo pipefail

packages=(
  'snmpd                  an SNMP agent this project did not write'
  'snmp                   its command line, to compare readings'
  'softflowd              a NetFlow exporter this project did not write'
  'nfdump                 a NetFlow collector, to compare flows'
  'rsyslog                a syslog sender this project did not write'
  'rsyslog-openssl        the same over TLS'
  'bsdutils               logger, another one'
  'libivykis0             what syslog-ng needs, which is unpacked beside rsyslog'
  'libnet1                the same'
  'libpcre3               the same'
  'libwrap0               the same'
  'libjson-c5             the same'
  'python3-librouteros    an independent client of the RouterOS API'
  'python3-venv           a folder for snmpsim, which serves recorded agents'
  'chromium               a browser for the wallboard'
  'openssl                an independent reader of certificates'
  'iproute2               network namespaces and interfaces'
  'iputils-ping           probes'
  'nftables               packet marks'
  'conntrack              connections and their marks'
  'iperf3                 load of real packets'
  'procps                 processes and kernel settings'
  'systemd                systemd-analyze, to check the units of deploy'
  'curl                   HTTP from the outside'
)
command -v java >/dev/null || packages+=('openjdk-17-jre-headless runs Apache Kafka')
command -v go >/dev/null || packages+=('golang-go builds another client of the RouterOS API (1.21 or newer)')
command -v mvn >/dev/null || packages+=('maven fetches Apache Kafka')

usage() {
  echo 'Usage: npm run setup:system'
  echo 'Installs on Debian, as root or by sudo, what is missing of these packages. No service is started.'
  echo
  describe "${packages[@]}"
}

describe() {
  local entry
  for entry in "$@"; do
    printf '  %-24s %s\n' "${entry%% *}" "$(sed -E 's/^[^ ]+ +//' <<<"$entry")"
  done
}

fail() {
  echo "$1" >&2
  exit 1
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

case "${1:-}" in
  '') ;;
  -h | --help)
    usage
    exit 0
    ;;
  *) fail "There is no option $1; --help shows what there is." ;;
esac

system=$(. /etc/os-release 2>/dev/null && echo "${ID:-}") || system=''
[ "$system" = debian ] || {
  describe "${packages[@]}" >&2
  fail "This installs Debian packages, and this system is ${system:-unknown}. Install the above by its own means."
}

missing=()
for entry in "${packages[@]}"; do
  is_installed "${entry%% *}" || missing+=("$entry")
done

# Debian installs one syslog daemon at a time, and the tests run two, neither of them as a service. So the other one is
# unpacked into a folder of its own.
syslog_ng=/usr/local/lib/fairlead-tests/syslog-ng
has_syslog_ng() {
  [ -x /usr/sbin/syslog-ng ] || [ -x /usr/local/sbin/syslog-ng ]
}

# From PyPI, in a folder of its own.
snmpsim=/usr/local/lib/fairlead-tests/snmpsim
has_snmpsim() {
  /usr/local/bin/snmpsim-command-responder --help >/dev/null 2>&1
}

if [ ${#missing[@]} -eq 0 ] && has_syslog_ng && has_snmpsim; then
  echo 'All system packages are there.'
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail 'Installing packages needs root, and there is no sudo.'
  as_root=(sudo)
fi

echo 'Installing:'
[ ${#missing[@]} -eq 0 ] || describe "${missing[@]}"
has_syslog_ng || describe 'syslog-ng-core         another syslog sender, unpacked'
has_snmpsim || describe 'snmpsim                recorded SNMP agents, from PyPI'

# Debian starts the service of a package when it installs it, unless this file says no (exit 101).
# The tests start what they need themselves, on ports of their own.
policy=/usr/sbin/policy-rc.d
log=$(mktemp)
kept=''
restore() {
  "${as_root[@]}" rm -f "$policy"
  [ -z "$kept" ] || "${as_root[@]}" mv "$kept" "$policy"
  rm -f "$log"
}
if [ -e "$policy" ]; then
  kept=$policy.before-fairlead
  "${as_root[@]}" mv "$policy" "$kept"
fi
trap restore EXIT
printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
"${as_root[@]}" chmod 755 "$policy"

quietly() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" \
    >"$log" 2>&1 </dev/null || {
    cat "$log" >&2
    fail "apt-get $1 failed."
  }
}
quietly update
[ ${#missing[@]} -eq 0 ] || quietly install --yes --no-install-recommends "${missing[@]%% *}"

unpack_syslog_ng() {
  "${as_root[@]}" mkdir -p "$syslog_ng"
  cd "$syslog_ng"
  quietly download syslog-ng-core
  "${as_root[@]}" dpkg-deb -x syslog-ng-core_*.deb .
  "${as_root[@]}" rm syslog-ng-core_*.deb
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s --module-path "$(echo %s)" "$@"\n' \
    "$syslog_ng/usr/lib/syslog-ng" "$syslog_ng/usr/sbin/syslog-ng" "$syslog_ng/usr/lib/syslog-ng/[0-9]*" |
    "${as_root[@]}" tee /usr/local/sbin/syslog-ng >/dev/null
  "${as_root[@]}" chmod 755 /usr/local/sbin/syslog-ng
}
has_syslog_ng || (unpack_syslog_ng)

install_snmpsim() {
  "${as_root[@]}" python3 -m venv "$snmpsim"
  "${as_root[@]}" "$snmpsim/bin/pip" install --quiet --disable-pip-version-check snmpsim==1.2.2 pysmi==2.0.0
  "${as_root[@]}" ln -sf "$snmpsim/bin/snmpsim-command-responder" /usr/local/bin/snmpsim-command-responder
}
has_snmpsim || install_snmpsim
echo 'Installed.'
