#!/bin/busybox sh
# PID 1 of the guest: mounts, relays between sockets and serial ports, the agent on the console, power off when it ends.
# Descriptor 3 is the status port, on which the host reads one line a step (src/vm/status.ts).
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ours=/run/cowork

end() {
  echo "agent exited $1" >&3
  poweroff -f
}
trap 'end 143' TERM

mkdir -p /dev/pts /dev/shm /workspace /grants /memory $ours/files
mount -a -T $ours/fstab
ifconfig lo 127.0.0.1 up

columns=80 rows=24 name=cowork
read -r line </proc/cmdline
for word in $line; do
  case $word in
    cowork.cols=*) columns=${word#*=} ;;
    cowork.rows=*) rows=${word#*=} ;;
    cowork.name=*) name=${word#*=} ;;
  esac
done
echo "$name" >/proc/sys/kernel/hostname
echo "127.0.0.1 localhost $name" >/etc/hosts
# Held open from here on: a terminal that nobody has open forgets its size.
exec 4<>/dev/hvc0
stty cols "$columns" rows "$rows" <&4

for entry in /sys/class/virtio-ports/*; do
  [ -e "$entry/name" ] || continue
  read -r port <"$entry/name"
  case $port in
    cowork.gate) gate=/dev/${entry##*/} ;;
    cowork.files) files=/dev/${entry##*/} ;;
  esac
done

# One connection at a time; the next one may come when it has ended.
while :; do
  socat -b 262144 UNIX-LISTEN:$ours/gate.sock,mode=0600 "OPEN:$gate" 2>/dev/null
  echo 'gate closed' >&3
done &
socat -b 262144 UNIX-LISTEN:$ours/files.sock,mode=0600 "OPEN:$files" 2>/dev/null &
relay=$!

# The kernel waits for an answer of the file server without end and without heeding signals. Ending the relay ends that wait.
await_socket() {
  tries=500
  while [ ! -S "$1" ] && [ $tries -gt 0 ]; do usleep 20000; tries=$((tries - 1)); done
}
await_socket $ours/files.sock
(
  sleep 10
  echo 'the file server did not answer in 10 s' >$ours/mount-error
  kill $relay
) &
watchdog=$!
options=trans=unix,version=9p2000.L,msize=262144,cache=none,access=any,uname=root,dfltuid=0,dfltgid=0
if mount -t 9p -o $options $ours/files.sock $ours/files 2>$ours/mount-log; then
  kill $watchdog
  mount --bind $ours/files/grants /grants 2>>$ours/mount-log && mount --bind $ours/files/memory /memory 2>>$ours/mount-log ||
    cat $ours/mount-log >$ours/mount-error
else
  kill $watchdog
  [ -s $ours/mount-error ] || cat $ours/mount-log >$ours/mount-error
fi
if [ -s $ours/mount-error ]; then
  read -r reason <$ours/mount-error
  echo "files failed $reason" >&3
else
  echo 'files mounted' >&3
fi
await_socket $ours/gate.sock

cd /workspace || end 1
echo 'agent started' >&3
env -i PATH=$PATH HOME=/root TERM=xterm-256color COLORTERM=truecolor LANG=C.UTF-8 \
  COWORK_GATE=$ours/gate.sock \
  HTTP_PROXY=http://127.0.0.1:3128 HTTPS_PROXY=http://127.0.0.1:3128 \
  http_proxy=http://127.0.0.1:3128 https_proxy=http://127.0.0.1:3128 \
  setsid -c node $ours/agent.mjs 0<&4 1>&4 2>&4 3>&- 4>&- &
agent=$!
# The host says "stop" to have the agent ended in its own way.
(read -r word <&3 && [ "$word" = stop ] && kill -TERM $agent) &
# `wait` also reaps the orphans that the kernel gives to PID 1.
wait $agent
end $?
