# Runs a command where dnsmasq is the resolver, and nothing else is to be reached:
#
#     unshare --net --mount --pid --fork --kill-child --mount-proc sh dns.sh FOLDER COMMAND...
#
# What dnsmasq is asked is then in FOLDER/log. Names below upstream.test it asks 127.0.0.1:5301.
set -e
folder=$1
shift

ip link set lo up
printf 'nameserver 127.0.0.1\noptions timeout:30 attempts:1\nsearch .\n' > "$folder/resolv.conf"
mount --bind "$folder/resolv.conf" /etc/resolv.conf
printf '127.0.0.1 localhost\n' > "$folder/hosts"
mount --bind "$folder/hosts" /etc/hosts

dnsmasq --user=root --pid-file= --conf-file=/dev/null --no-resolv --no-hosts --cache-size=0 \
    --listen-address=127.0.0.1 --bind-interfaces \
    --log-queries --log-facility="$folder/log" \
    --local=/test/ --server=/upstream.test/127.0.0.1#5301 \
    --host-record=both.test,192.0.2.1,2001:db8::1 \
    --host-record=six.test,2001:db8::6 \
    --host-record=here.test,127.0.0.1,::1 --host-record=here.test,127.0.0.2 \
    $(for i in $(seq 60); do echo "--host-record=many.test,192.0.2.$i"; done)
exec "$@"
