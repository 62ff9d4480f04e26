# Run a command as a container platform does, without one: every file system read-only but /tmp, which is fresh, and a
# user id that nobody has. Usage: sh locked_down.sh REGISTRY EMPTY_FOLDER COMMAND...; the registry is seen at
# /tmp/registry, read-only, and the current folder where it was, even below /tmp.
# Expects a mount namespace of its own: unshare --mount, or without root: unshare --user --map-root-user --mount.
set -eu
registry="$1" stage="$2"
shift 2
mount --make-rprivate /
# /proc, /sys and /dev hold no files of ours, and the kernel refuses some of them; what lies under /tmp is hidden below.
while read -r _ _ _ _ place _; do
  case "$place" in
  /tmp | /tmp/* | /proc | /proc/* | /sys | /sys/* | /dev | /dev/*) ;;
  *) mount -o remount,bind,ro "$place" 2>/dev/null || true ;; # what the kernel refuses is no file system of files
  esac
done </proc/self/mountinfo
mount -t tmpfs tmpfs "$stage"
mkdir "$stage/registry"
mount --bind "$registry" "$stage/registry"
mount -o remount,bind,ro "$stage/registry"
here=$(pwd -P)
case "$here" in
/tmp/*)
  mkdir -p "$stage/${here#/tmp/}"
  mount --bind "$here" "$stage/${here#/tmp/}"
  mount -o remount,bind,ro "$stage/${here#/tmp/}"
  ;;
esac
mount --rbind "$stage" /tmp
chmod 1777 /tmp
cd "$here" # what is mounted there now
exec unshare --user --map-user=54321 --map-group=54321 -- "$@"
