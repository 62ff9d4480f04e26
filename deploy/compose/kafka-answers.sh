#!/bin/bash
# Whether the broker takes requests: an ApiVersions request (key 18, version 0) over bash's own socket. Kafka's scripts
# would start a Java machine for every probe.
#
#   kafka-answers.sh PORT
exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
printf '\x00\x00\x00\x0a\x00\x12\x00\x00\x00\x00\x00\x01\xff\xff' >&3
[ "$(timeout 3 head -c 8 <&3 | tail -c 1 | od -An -tx1 | tr -d ' ')" = 01 ]
