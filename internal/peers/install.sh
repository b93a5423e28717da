#!/bin/sh
# Installs what the tests against real servers need, on Debian or Ubuntu, as root. No service is started.
#
#     install.sh          installs
#     install.sh check    says in one line if anything is missing, and fails then; peers.go needs the same files
set -eu

needed="/usr/sbin/krb5kdc /usr/sbin/kdb5_util /usr/sbin/kadmin.local /usr/bin/kinit /usr/bin/curl /usr/sbin/apache2
    /usr/lib/apache2/modules/mod_auth_gssapi.so /usr/lib/python3/dist-packages/gssapi /etc/gss/mech.d"

if [ "${1-}" = check ]; then
    if [ "$(uname -s)" != Linux ]; then
        echo "NOT RUN here: the tests against a real KDC and Apache, which need Linux"
        exit 1
    fi
    for file in $needed; do
        if [ ! -e "$file" ]; then
            echo "NOT RUN here: the tests against a real KDC and Apache" \
                "($file is missing; to install: sudo sh internal/peers/install.sh)"
            exit 1
        fi
    done
    exit 0
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    trap 'rm -f $policy' EXIT
fi
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
    krb5-kdc krb5-admin-server krb5-user apache2-bin libapache2-mod-auth-gssapi gss-ntlmssp python3-gssapi curl
