import { PART } from '../discovery/probe-script.ts';

/**
 * What is run to see how a machine is, this one too: always the same, read by a plain `sh`, changes nothing. Of programs
 * only their names are asked for: their arguments hold secrets.
 */
export const DIAGNOSE_SCRIPT = `look() {
  PATH=$PATH:/usr/sbin:/sbin LC_ALL=C
  export PATH LC_ALL
  quick=
  command -v timeout >/dev/null && quick='timeout 5'
  part() { printf '\\n${PART}%s\\n' "$1"; }
  part hostname; hostname
  part kernel; uname -s; uname -r; uname -m
  part uptime; cut -d' ' -f1 /proc/uptime || sysctl -n kern.boottime
  part cpus; getconf _NPROCESSORS_ONLN
  part load; cat /proc/loadavg || sysctl -n vm.loadavg
  part memory; grep -E '^(MemTotal|MemAvailable|SwapTotal|SwapFree):' /proc/meminfo
  part disks; $quick df -kPl
  part processes; ps -A -o pid= -o pcpu= -o rss= -o comm= | sort -k2 -nr | head -n 10
  part hungry; ps -A -o pid= -o pcpu= -o rss= -o comm= | sort -k3 -nr | head -n 10
  part oom; { $quick journalctl -kq --since -24hours || $quick dmesg; } | grep -i 'killed process' | tail -n 5
  part crashes; ls -1 /var/crash | head -n 20
  part end
}
look </dev/null 2>/dev/null
`;
