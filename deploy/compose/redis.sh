#!/bin/sh
# Start Redis with one login that may do what ridescore does, and nothing that dumps, flushes or reconfigures the server.
# The password goes to a file in memory: a command line would show it to the whole host.
set -eu
umask 077
{
  cat /etc/ridescore/redis.conf
  printf 'user default on >%s ~* &* +@all -@dangerous -@admin\n' "$REDISCLI_AUTH"
} >/tmp/redis.conf
exec redis-server /tmp/redis.conf
