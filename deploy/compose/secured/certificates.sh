#!/bin/sh
# An authority of this stack alone, and the broker's certificate by it; the authority's key is thrown away at once, so
# that nobody can sign another. Those that are good for a month more are kept. Extensions are what strict clients ask for
# (Python from 3.13 on), whatever openssl.cnf says.
#
#   certificates.sh HOST [FOLDER]    HOST: the name by which clients outside reach the broker
set -eu
cd "${2:-/certificates}"
if [ -s broker.pem ] && openssl x509 -in broker.pem -noout -checkend 2592000 >/dev/null; then
  echo "the certificates are good"
  exit 0
fi
umask 077
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
days=365
key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
cat >"$work/authority.cnf" <<END
[req]
distinguished_name=names
x509_extensions=authority
[names]
[authority]
basicConstraints=critical,CA:TRUE,pathlen:0
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
END
# shellcheck disable=SC2086  # several words
openssl req -config "$work/authority.cnf" -x509 $key -days "$days" -subj /CN=ridescore-authority \
  -keyout "$work/ca.key" -out "$work/ca.pem"
# shellcheck disable=SC2086
openssl req -config "$work/authority.cnf" $key -subj /CN=kafka -keyout "$work/broker.key" -out "$work/broker.csr"
cat >"$work/broker.ext" <<END
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=DNS:kafka,DNS:localhost,IP:127.0.0.1,DNS:$1
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
END
openssl x509 -req -in "$work/broker.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days "$days" \
  -extfile "$work/broker.ext" -out "$work/broker.crt"
cat "$work/broker.key" "$work/broker.crt" >broker.pem
cat "$work/ca.pem" >ca.pem
chmod 0600 broker.pem
chmod 0644 ca.pem
echo "made an authority and the broker's certificate, for $days days"
