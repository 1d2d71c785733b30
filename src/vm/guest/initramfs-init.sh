#!/bin/busybox sh
# First program of the guest: loads the few drivers, lays a fresh tmpfs over the read-only root, and hands over to pid1.
# Every process costs about 10 ms under software emulation, so this starts as few as it can.
/bin/busybox mount -t proc proc /proc # the shell finds its own applets through /proc/self/exe
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec </dev/null

fail() {
  echo "cowork: $*" >/dev/console
  poweroff -f
}

read -r modules </modules/order
for module in $modules; do
  insmod "/modules/$module" || fail "driver $module does not load"
done

for port in /sys/class/virtio-ports/*; do
  [ -e "$port/name" ] || continue
  read -r name <"$port/name"
  [ "$name" = cowork.status ] && exec 3<>"/dev/${port##*/}"
done
echo 'kernel up' >&3

mount -t erofs -o ro /dev/vda /lower || fail 'the root image does not mount'
mount -t tmpfs -o mode=0755,size=75% scratch /scratch
mkdir /scratch/upper /scratch/work
mount -t overlay -o lowerdir=/lower,upperdir=/scratch/upper,workdir=/scratch/work root /root || fail 'no overlay'
mount -t tmpfs -o mode=0755 run /root/run
mkdir /root/run/cowork
mv /agent.* /fresh.cjs /pid1 /fstab /git-pipe /root/run/cowork/
mkdir /root/run/cowork/scratch
mount --move /scratch /root/run/cowork/scratch
mount --move /sys /root/sys
mount --move /dev /root/dev
echo 'root mounted' >&3
mount --move /proc /root/proc
exec /bin/busybox switch_root /root /run/cowork/pid1
