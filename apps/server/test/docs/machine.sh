#!/bin/bash
# A machine of its own for the commands of a document: /etc, /root, /tmp, /opt and /var/lib are private and vanish with it.
# Must run as root inside `unshare --mount --net --pid --fork --mount-proc`. Arguments: the checkout, Node, the folder of the script.
set -euo pipefail
checkout=$1 node=$2 script=$3
ip link set lo up
stty rows 40 cols 120
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir -p /mnt/{etc,root,lib,opt/bin,opt/doc,opt/faktory-ts} && mkdir -m 1777 /mnt/tmp
cp -a /etc/. /mnt/etc/
rm -rf /mnt/etc/faktory
# Bound to a place that every user can reach: the server runs as another user than root.
mount --rbind "$checkout" /mnt/opt/faktory-ts
touch /mnt/opt/node && mount --bind "$node" /mnt/opt/node
cp "$checkout"/apps/server/test/docs/bin/* /mnt/opt/bin/ && chmod 755 /mnt/opt/bin/*
cp -a "$script"/. /mnt/opt/doc/
ln -s /opt/node /mnt/opt/bin/node
for name in etc root tmp; do mount --bind /mnt/$name /$name; done
mount --bind /mnt/lib /var/lib
mount --rbind /mnt/opt /opt
mkdir /root/checkout && cd /root/checkout
ln -s /opt/faktory-ts/deploy deploy
exec env -i PATH="/opt/bin:$PATH" HOME=/root TERM=xterm LANG=C.UTF-8 bash /opt/doc/run.sh
