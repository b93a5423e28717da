#!/bin/sh
# Writes every fixture of this folder: one small authority, three leaves, and their keys in every form that users have.
# All of it is for tests only; nothing trusts it. Run it here: ./generate.sh
#
# Needs openssl 3 with its legacy provider. keytool (Java) and certutil with pk12util (NSS) write three files more; where
# these are missing, the files stay as they are. The password is "test-only", other passwords are in the file names.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
days=36500
pw=test-only
quiet() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; }

# --- Authority, intermediate, leaves.
authority() { # name, subject, extensions, signer or nothing
    printf '%s\n' "$3" >"$work/ext"
    quiet openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$1.key"
    quiet openssl req -new -key "$work/$1.key" -subj "$2" -out "$work/$1.csr"
    if [ -n "${4-}" ]; then set -- "$1" -CA "$4.crt" -CAkey "$work/$4.key"; else set -- "$1" -signkey "$work/$1.key"; fi
    name=$1; shift
    quiet openssl x509 -req -in "$work/$name.csr" "$@" -days $days -extfile "$work/ext" -out "$name.crt"
}
authority root "/CN=Test Only Root" "basicConstraints=critical,CA:TRUE
subjectKeyIdentifier=hash"
authority intermediate "/CN=Test Only Intermediate" "basicConstraints=critical,CA:TRUE
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid" root

leaf() { # name
    printf 'extendedKeyUsage=clientAuth\nauthorityKeyIdentifier=keyid\n' >"$work/ext"
    quiet openssl req -new -key "$1.pkcs8.key" -subj "/CN=test-only-$1" -out "$work/$1.csr"
    quiet openssl x509 -req -in "$work/$1.csr" -CA intermediate.crt -CAkey "$work/intermediate.key" -days $days \
        -extfile "$work/ext" -out "$1.crt"
}
quiet openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa.pkcs8.key
quiet openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pkcs8.key
quiet openssl genpkey -algorithm ED25519 -out ed25519.pkcs8.key
quiet openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.pkcs8.key
for name in rsa ec ed25519; do leaf $name; done
cat root.crt intermediate.crt rsa.crt >rsa.root-first.crt

# --- PEM keys.
quiet openssl rsa -in rsa.pkcs8.key -traditional -out rsa.pkcs1.key
quiet openssl ec -in ec.pkcs8.key -param_out -out "$work/params"
{ openssl ecparam -name prime256v1; openssl ec -in ec.pkcs8.key 2>/dev/null; } >ec.sec1.key
enc() { out=$1; shift; quiet openssl pkcs8 -topk8 -passout pass:$pw -out "$out" "$@"; }
enc rsa.aes256-sha256.key -in rsa.pkcs8.key -v2 aes-256-cbc -v2prf hmacWithSHA256
enc rsa.aes256-sha1.key -in rsa.pkcs8.key -v2 aes-256-cbc -v2prf hmacWithSHA1
enc rsa.aes192-sha384.key -in rsa.pkcs8.key -v2 aes-192-cbc -v2prf hmacWithSHA384
enc rsa.aes256-sha512.key -in rsa.pkcs8.key -v2 aes-256-cbc -v2prf hmacWithSHA512
enc rsa.des3-sha256.key -in rsa.pkcs8.key -v2 des3 -v2prf hmacWithSHA256
enc rsa.scrypt.key -in rsa.pkcs8.key -scrypt
enc ec.aes128.key -in ec.pkcs8.key -v2 aes-128-cbc
enc ed25519.aes256.key -in ed25519.pkcs8.key -v2 aes-256-cbc
enc rsa.pbes1-3des.key -in rsa.pkcs8.key -v1 PBE-SHA1-3DES
enc rsa.pbes1-md5-des.key -in rsa.pkcs8.key -v1 PBE-MD5-DES -provider legacy -provider default
enc rsa.quick.key -in rsa.pkcs8.key -v2 aes-256-cbc -iter 1
enc rsa.camellia.key -in rsa.pkcs8.key -v2 camellia-256-cbc
quiet openssl rsa -in rsa.pkcs8.key -traditional -aes128 -passout pass:$pw -out rsa.legacy-aes128.key
quiet openssl rsa -in rsa.pkcs8.key -traditional -des3 -passout pass:$pw -out rsa.legacy-des3.key
quiet openssl ec -in ec.pkcs8.key -aes256 -passout pass:$pw -out ec.legacy-aes256.key
cat rsa.pkcs8.key other.pkcs8.key >two.key
openssl pkey -in rsa.pkcs8.key -outform der -out rsa.der.key
openssl x509 -in rsa.crt -outform der -out rsa.der.crt
quiet ssh-keygen -q -t ed25519 -N "" -C test-only -f "$work/openssh"
cp "$work/openssh" openssh.key

# --- PKCS#12.
p12() { out=$1; name=$2; shift 2; quiet openssl pkcs12 -export -in $name.crt -inkey $name.pkcs8.key -passout "pass:$pw" -out "$out.p12" "$@"; }
old="-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg SHA1"
chain="-certfile $work/chain.crt"
cat intermediate.crt root.crt >"$work/chain.crt"
p12 modern rsa
p12 aes128 rsa -keypbe AES-128-CBC -certpbe AES-128-CBC
p12 mac-sha512 rsa -macalg SHA512
p12 mac-sha1 rsa -macalg SHA1
p12 ec ec
p12 ed25519 ed25519
p12 unencrypted rsa -keypbe NONE -certpbe NONE
p12 certpbe-none rsa -certpbe NONE
p12 legacy-rc2 rsa -legacy
p12 legacy-3des rsa $old
p12 legacy-ec ec -legacy
p12 windows-3des rsa $old -LMK -CSP "Microsoft Enhanced RSA and AES Cryptographic Provider" -name test-only -iter 2000
p12 windows-aes256 rsa -keypbe AES-256-CBC -certpbe AES-256-CBC -LMK -CSP "Microsoft Software Key Storage Provider" -name test-only -iter 2000
p12 many-iterations rsa -iter 200000
p12 quick rsa -iter 1 -nomaciter
p12 quick-legacy rsa -legacy -iter 1 -nomaciter
p12 chain rsa $chain
p12 chain-legacy rsa -legacy $chain
p12 no-mac rsa -nomac
quiet openssl pkcs12 -export -nokeys -in rsa.crt -passout pass:$pw -out certificate-only.p12
quiet openssl pkcs12 -export -nocerts -inkey rsa.pkcs8.key -passout pass:$pw -out key-only.p12
pw="" p12 empty-password rsa
pw="" p12 empty-password-legacy rsa -legacy
pw="pässwörd €" p12 unicode-password rsa
pw="pässwörd €" p12 unicode-password-legacy rsa -legacy

# --- Written by others.
if command -v keytool >/dev/null; then
    rm -f java.p12 two-keys.p12
    for file in java two-keys; do
        quiet keytool -genkeypair -alias one -keyalg EC -dname "CN=test-only-java" -validity $days -storetype PKCS12 -storepass $pw -keystore $file.p12
    done
    quiet keytool -genkeypair -alias two -keyalg EC -dname "CN=test-only-second" -validity $days -storetype PKCS12 -storepass $pw -keystore two-keys.p12
fi
if command -v pk12util >/dev/null; then
    quiet certutil -N -d "sql:$work" --empty-password
    quiet pk12util -i modern.p12 -W $pw -d "sql:$work" -K ""
    nick=$(certutil -L -d "sql:$work" | awk '/u,u,u/ { print $1 }')
    quiet pk12util -o nss-ber.p12 -n "$nick" -d "sql:$work" -W $pw -K ""
fi
