#!/usr/bin/perl
# PID 1 of the guest: mounts, makes the machine somebody's when the host says so, runs the agent on the console, powers off when it ends.
# Perl, because it can make the system calls that this takes without starting a program for each; every guest has it with git.
# Descriptor 3 is the status port: one line a step to the host (src/vm/status-port.ts), one line an order from it.
use strict;
use warnings;
use Errno;
use Fcntl;
use POSIX ();
use Socket;

my $OURS = '/run/cowork';
# Numbers of system calls: Linux, asm/unistd.h of the two architectures.
my %CALL = (POSIX::uname())[4] eq 'aarch64'
  ? (mount => 40, umount => 39, settimeofday => 170, clock_gettime => 113, reboot => 142)
  : (mount => 165, umount => 166, settimeofday => 164, clock_gettime => 228, reboot => 169);
# Requests of ioctl: Linux, random.h and asm-generic/ioctls.h.
my ($RNDADDENTROPY, $RNDRESEEDCRNG, $TIOCSCTTY, $TIOCSWINSZ) = (0x40085203, 0x5207, 0x540e, 0x5414);
my ($MS_REMOUNT, $MS_BIND, $MNT_DETACH) = (32, 4096, 2);
my $CGROUPS = '/sys/fs/cgroup';
# What the tools of an agent must leave to it and the kernel, bytes.
my $RESERVED = 192 << 20;
# How often the host is asked for the time, seconds: clocks of emulated machines drift.
my $CLOCK_EVERY = 60;
# How long the answer may take to be good, seconds.
my $CLOCK_WITHIN = 0.1;
# How long the file server has to answer, seconds.
my $MOUNT_WITHIN = 20;
# How long folders wait for the host to ask for them, seconds: the agent's way to its first request comes first.
my $MOUNT_AFTER = 1;

$ENV{PATH} = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
open(my $status, '+<&=', 3) or die;
sub tell_host { syswrite($status, "$_[0]\n") }

my ($agent, $mounter, $mount_due, $mount_deadline, $is_begun, $asked_at, $clock_due, %identity);
my ($orders, $asks) = ('', 0);

sub power_off {
  tell_host("agent exited $_[0]");
  syscall($CALL{reboot}, 0xfee1dead, 672274793, 0x4321fedc, 0);
}
$SIG{TERM} = sub { power_off(143) };
# A child's end wakes the loop below through this pipe, whenever it comes.
pipe(my $child_ended, my $wake) or die;
$_->blocking(0) for $child_ended, $wake;
$SIG{CHLD} = sub { syswrite($wake, '.') };
# The agent of a machine that is nobody's yet says so when it is done with a warm-up.
my $is_warm = 0;
$SIG{USR1} = sub { $is_warm = 1; syswrite($wake, '.') };

mkdir $_ for qw(/dev/pts /dev/shm /workspace /grants /memory), "$OURS/files";
system("mount -a -T $OURS/fstab; busybox ifconfig lo 127.0.0.1 up");
# The agent and what its shell starts share nothing that one could take from the other: memory, processes, the processor.
spew("$CGROUPS/cgroup.subtree_control", '+memory +pids +cpu');
mkdir "$CGROUPS/$_" for qw(agent tools);
# Read by every shell that the agent starts (BASH_ENV): it and its children are tools.
spew("$OURS/tools.sh", "echo \$\$ >$CGROUPS/tools/cgroup.procs; echo 0 >/proc/\$\$/oom_score_adj; unset BASH_ENV\n");
# Held open from here on: a terminal that nobody has open forgets its size.
open(my $console, '+<', '/dev/hvc0') or die;
my %device = map { chomp(my $name = slurp("$_/name")); $name => '/dev/' . (split '/')[-1] } glob('/sys/class/virtio-ports/*');
my $gate = listener("$OURS/gate.sock");
my $files = listener("$OURS/files.sock");
# The relays carry nothing before the end of this pipe that they read is closed.
pipe(my $relays_wait, my $hold_relays) or die;
my $gate_relay = start_relay($gate, $device{'cowork.gate'}, 'gate closed');
my $files_relay = start_relay($files, $device{'cowork.files'}, undef);

# In a template the agent is started before the machine is anybody's, so that it need not be started after.
my $is_template = slurp('/proc/cmdline') =~ /\bcowork\.template\b/;
if ($is_template) {
  # The size that panes have unless somebody looks: most need no other.
  set_size(30, 100);
  start_agent();
}
my $is_waited_for = $is_template;

for (;;) {
  my $wanted = '';
  vec($wanted, fileno($_), 1) = 1 for $status, $child_ended, $is_waited_for ? $gate : ();
  my ($due) = sort { $a <=> $b } grep { defined } $mount_due, $mount_deadline, $clock_due;
  select($wanted, undef, undef, defined $due ? ($due > now() ? $due - now() : 0) : undef) > 0 or $wanted = '';
  if ($is_waited_for && vec($wanted, fileno($gate), 1)) {
    # It has connected and can do no more until the relay takes its connection.
    $is_waited_for = 0;
    tell_host('agent waiting');
  }
  if (vec($wanted, fileno($status), 1)) {
    # Nothing to read although it is readable: the host is not connected.
    sysread($status, $orders, 4096, length $orders) or select(undef, undef, undef, 0.1);
    while ($orders =~ s/^([^\n]*)\n//) { obey(split ' ', $1) }
  }
  sysread($child_ended, my $ignored, 64);
  if ($is_warm) { $is_warm = 0; tell_host('warm') }
  reap();
  prepare() if defined $mount_due && now() > $mount_due;
  if (defined $mount_deadline && now() > $mount_deadline) {
    # The kernel waits for an answer of the file server without end and without heeding signals. Ending the relay ends that wait.
    $mount_deadline = undef;
    spew("$OURS/mount-error", "the file server did not answer in $MOUNT_WITHIN s\n");
    kill KILL => $files_relay;
  }
  if (defined $clock_due && now() > $clock_due) {
    ($asked_at, $clock_due) = (now(), now() + $CLOCK_EVERY);
    tell_host('clock?');
  }
}

sub obey {
  my ($order, @words) = @_;
  if ($order eq 'begin' && !$is_begun) { begin(@words) }
  elsif ($order eq 'warm-up' && !$is_begun && $agent) { rehearse(); kill USR2 => $agent }
  elsif ($order eq 'files' && defined $mount_due) { prepare() }
  elsif ($order eq 'clock') { clock_told($words[0]) }
  elsif ($order eq 'busy?') { my @busy = busy(); tell_host(@busy ? "busy @busy[0 .. ($#busy < 4 ? $#busy : 4)]" : 'quiet') }
  elsif ($order eq 'stop') { $agent ? kill(TERM => $agent) : power_off(143) }
}

# Makes this machine somebody's, in this order: nobody else's randomness, the true time, its name, its folders; then the agent goes on.
sub begin {
  my ($entropy, $microseconds, $name, $columns, $rows, $disk, $processes) = @_;
  $is_begun = 1;
  become($entropy, $microseconds, $name, $columns, $rows);
  close $hold_relays;
  close $relays_wait;
  tell_host('begun');
  # From here on an agent of a template goes on, and before all else; its tools wait for their limits and folders, because the host holds the model's first
  # answer back until those are there.
  %identity = (name => $name, disk => $disk, processes => $processes);
  if ($is_template) { $mount_due = now() + $MOUNT_AFTER }
  else { prepare() }
}

sub become {
  my ($entropy, $microseconds, $name, $columns, $rows) = @_;
  my $seed = pack('H*', $entropy);
  open(my $random, '+<', '/dev/random') or die;
  ioctl($random, $RNDADDENTROPY, pack('ii', 8 * length $seed, length $seed) . $seed);
  ioctl($random, $RNDRESEEDCRNG, 0);
  close $random;
  set_clock($microseconds);
  spew('/proc/sys/kernel/hostname', $name);
  set_size($rows, $columns);
}

# Gives the tools their limits and folders.
sub prepare {
  $mount_due = undef;
  $mount_deadline = now() + $MOUNT_WITHIN;
  $mounter = start_child(sub {
    POSIX::nice(5);
    set_limits($identity{disk}, $identity{processes});
    spew('/etc/hosts', "127.0.0.1 localhost $identity{name}\n");
    mount_files();
  });
}

# Goes the way of `begin` and of a relay as nobody, so that QEMU has the code translated when it counts. What is drawn from here on is nobody's either:
# `begin` mixes in what this machine alone has.
sub rehearse {
  become('00', int(time() * 1e6), 'nobody', 100, 30);
  socketpair(my $one, my $its_client, AF_UNIX, SOCK_STREAM, 0) or return;
  socketpair(my $other, my $its_port, AF_UNIX, SOCK_STREAM, 0) or return;
  my $relay = start_child(sub { close $_ for $one, $other; relay($its_client, $its_port) });
  close $_ for $its_client, $its_port;
  for (1 .. 3) {
    syswrite($one, 'x' x 2000);
    sysread($other, my $request, 2000);
    syswrite($other, 'y' x 2000);
    sysread($one, my $answer, 2000);
  }
  close $one;
  waitpid($relay, 0);
}

# Bounds the disk, which is memory, and what the tools take of memory and processes.
sub set_limits {
  my ($disk, $processes) = @_;
  my $scratch = "$OURS/scratch";
  try_mount('scratch', $scratch, '', $MS_REMOUNT, "size=${disk}m");
  # Out of sight: what lies below a file system that is in use is nobody's to touch.
  syscall($CALL{umount}, $scratch, $MNT_DETACH);
  my ($memory) = slurp('/proc/meminfo') =~ /^MemTotal:\s+(\d+)/;
  spew("$CGROUPS/tools/memory.max", $memory * 1024 - $RESERVED);
  spew("$CGROUPS/tools/pids.max", $processes);
}

# The answer was written about half way between the question and now. One that took long is taken, and asked for once more.
sub clock_told {
  my ($microseconds) = @_;
  my $took = defined $asked_at ? now() - $asked_at : 0;
  $asked_at = undef;
  set_clock($microseconds + $took * 5e5);
  if ($took <= $CLOCK_WITHIN || ++$asks > 10) { $asks = 0 }
  else { $clock_due = now() }
}

sub mounted {
  $mount_deadline = undef;
  my $error = slurp("$OURS/mount-error");
  $error =~ s/\n.*//s;
  tell_host($error eq '' ? 'files mounted' : "files failed $error");
  start_agent() unless $agent;
  tell_host('agent started');
  $clock_due = now();
}

sub mount_files {
  mkdir '/plugins';
  my $options = 'trans=unix,version=9p2000.L,msize=262144,cache=none,access=any,uname=root,dfltuid=0,dfltgid=0';
  my $failed = try_mount("$OURS/files.sock", "$OURS/files", '9p', 0, $options)
    // try_mount("$OURS/files/grants", '/grants', '', $MS_BIND, '')
    // try_mount("$OURS/files/plugins", '/plugins', '', $MS_BIND, '')
    // try_mount("$OURS/files/memory", '/memory', '', $MS_BIND, '');
  spew("$OURS/mount-error", "$failed\n") if defined $failed && !-s "$OURS/mount-error";
}

sub try_mount {
  my ($source, $target, $type, $flags, $options) = @_;
  return undef if syscall($CALL{mount}, $source, $target, $type, $flags, $options) == 0;
  return "mounting $target: $!";
}

sub start_agent {
  $agent = start_child(sub {
    POSIX::setsid();
    spew("$CGROUPS/agent/cgroup.procs", $$);
    spew('/proc/self/oom_score_adj', -500);
    ioctl($console, $TIOCSCTTY, 0);
    POSIX::dup2(fileno($console), $_) for 0, 1, 2;
    chdir('/workspace') or die;
    my ($proxy, $own) = ('http://127.0.0.1:3128', 'localhost,127.0.0.1,::1');
    # SHLVL: a first shell whose input is a socket, as Node makes them, takes itself for a remote one and does not look at BASH_ENV.
    %ENV = (PATH => $ENV{PATH}, HOME => '/root', TERM => 'xterm-256color', COLORTERM => 'truecolor', LANG => 'C.UTF-8',
      COWORK_GATE => "$OURS/gate.sock", NO_PROXY => $own, no_proxy => $own, BASH_ENV => "$OURS/tools.sh", SHLVL => 1,
      $is_begun ? () : (COWORK_WARM_UP => 1),
      map { $_ => $proxy } qw(HTTP_PROXY HTTPS_PROXY http_proxy https_proxy));
    exec 'node', '--expose-gc', '--require', "$OURS/fresh.cjs", "$OURS/agent.mjs";
    die;
  });
}

sub reap {
  while ((my $ended = waitpid(-1, POSIX::WNOHANG())) > 0) {
    power_off($? & 127 ? 128 + ($? & 127) : $? >> 8) if defined $agent && $ended == $agent;
    mounted() if defined $mounter && $ended == $mounter;
  }
}

# What runs here beside PID 1, its relays, an agent at rest, the shells that the agent keeps ready (idle children of it without children), and MCP
# servers: these wait for calls, and are stopped with the machine. The agent names their sessions.
sub busy {
  # An agent that said it was idle may be on its way already: it is looked at for a moment.
  my $used = used();
  select(undef, undef, undef, 0.3);
  my $is_agent_busy = slurp("/proc/$agent/stat") =~ /\) R / || used() > $used + 1;
  my (%parent, %name);
  my %is_server = map { $_ => 1 } split ' ', slurp("$OURS/servers");
  for my $folder (glob('/proc/[0-9]*')) {
    my ($pid, $name, $state, $parent, $session) = slurp("$folder/stat") =~ /^(\d+) \((.*)\) (\S) (\d+) \d+ (\d+)/s or next;
    next if $state eq 'Z' || $parent == 2 || $pid == 2 || $is_server{$session}; # 2: the kernel's own
    ($parent{$pid}, $name{$pid}) = ($parent, $name);
  }
  delete @parent{1, grep { defined } $agent, $gate_relay, $files_relay};
  my %has_child = map { $_ => 1 } values %parent;
  my @busy = grep { !($parent{$_} == $agent && $name{$_} eq 'bash' && !$has_child{$_}) } keys %parent;
  return ($is_agent_busy ? 'agent' : ()), map { $name{$_} =~ s/[^\w.-]/_/gr } @busy;
}

# Processor time of the agent, hundredths of a second.
sub used {
  my ($user, $system) = slurp("/proc/$agent/stat") =~ /\) \S(?: \S+){10} (\d+) (\d+)/ or return 0;
  return $user + $system;
}

# Takes one connection at a time; the next one may come when it has ended.
sub start_relay {
  my ($listener, $device, $farewell) = @_;
  return start_child(sub {
    close $hold_relays;
    sysread($relays_wait, my $never, 1);
    while (accept(my $client, $listener)) {
      sysopen(my $port, $device, O_RDWR) or die;
      relay($client, $port);
      tell_host($farewell) if defined $farewell;
    }
  });
}

# Passes bytes both ways until one side ends. A side that does not take what is sent to it holds up its own direction only.
sub relay {
  my ($client, $port) = @_;
  $_->blocking(0) for $client, $port;
  my @ways = ({ from => $client, to => $port, bytes => '' }, { from => $port, to => $client, bytes => '' });
  for (;;) {
    my ($readable, $writable) = ('', '');
    for (@ways) {
      if ($_->{bytes} eq '') { vec($readable, fileno($_->{from}), 1) = 1 }
      else { vec($writable, fileno($_->{to}), 1) = 1 }
    }
    select($readable, $writable, undef, undef);
    for my $way (@ways) {
      if ($way->{bytes} eq '') {
        next unless vec($readable, fileno($way->{from}), 1);
        my $length = sysread($way->{from}, $way->{bytes}, 262144);
        return unless $length || (!defined $length && ($!{EAGAIN} || $!{EINTR}));
      }
      next if $way->{bytes} eq '';
      my $sent = syswrite($way->{to}, $way->{bytes});
      return unless defined $sent || $!{EAGAIN} || $!{EINTR};
      substr($way->{bytes}, 0, $sent // 0, '');
    }
  }
}

sub listener {
  my ($path) = @_;
  my $socket;
  socket($socket, AF_UNIX, SOCK_STREAM, 0) && bind($socket, pack_sockaddr_un($path)) && listen($socket, 8) or die;
  chmod 0600, $path;
  return $socket;
}

sub start_child {
  my ($work) = @_;
  my $pid = fork // die;
  return $pid if $pid;
  $SIG{$_} = 'DEFAULT' for qw(TERM CHLD USR1);
  $work->();
  POSIX::_exit(0);
}

sub set_size {
  my ($rows, $columns) = @_;
  ioctl($console, $TIOCSWINSZ, pack('S4', $rows, $columns, 0, 0));
}

sub set_clock {
  my ($microseconds) = @_;
  syscall($CALL{settimeofday}, pack('qq', int($microseconds / 1e6), $microseconds % 1e6), 0);
}

# Seconds since the start of the machine.
sub now {
  my $time = "\0" x 16;
  syscall($CALL{clock_gettime}, 1, $time);
  my ($seconds, $nanoseconds) = unpack('qq', $time);
  return $seconds + $nanoseconds / 1e9;
}

sub slurp {
  my ($path) = @_;
  open(my $file, '<', $path) or return '';
  local $/;
  return <$file> // '';
}

sub spew {
  my ($path, $text) = @_;
  open(my $file, '>', $path) or return;
  print $file $text;
}
