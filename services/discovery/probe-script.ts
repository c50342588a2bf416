/** Begins the line that names a part of the answer. */
export const PART = '@@missiond ';

/**
 * What is run on a machine to look at it: always the same, read by a plain `sh`, changes nothing. The whole of it is
 * read before any of it runs, so that no command takes the rest for its input.
 */
export const PROBE_SCRIPT = `look() {
  PATH=$PATH:/usr/sbin:/sbin LC_ALL=C
  export PATH LC_ALL
  quick=
  command -v timeout >/dev/null && quick='timeout 5'
  part() { printf '\\n${PART}%s\\n' "$1"; }
  part hostname; hostname
  part kernel; uname -s; uname -r; uname -m
  part os; cat /etc/os-release || sw_vers
  part cpus; getconf _NPROCESSORS_ONLN
  part memory; awk '/^MemTotal:/ { printf "%.0f\\n", $2 * 1024 }' /proc/meminfo || sysctl -n hw.memsize
  part disks; $quick df -kPl
  part addresses; hostname -I || ifconfig | awk '$1 == "inet" || $1 == "inet6" { print $2 }'
  part listening; $quick ss -ltnH | head -n 200
  part virtualization; systemd-detect-virt
  part containers; $quick docker ps --format '{{.Names}}	{{.Image}}' | head -n 50
  part end
}
look </dev/null 2>/dev/null
`;
