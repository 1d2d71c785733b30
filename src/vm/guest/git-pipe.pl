#!/usr/bin/perl
# What an agent's git runs in place of ssh (core.sshCommand): carries one git connection to the agent, which carries it to its keeper.
# Arguments: the agent's socket, the host (of no meaning here), the command as git gives it to ssh.
use strict;
use warnings;
use Socket;

my ($path, undef, $command) = @ARGV;
my $way;
socket($way, PF_UNIX, SOCK_STREAM, 0) && connect($way, pack_sockaddr_un($path // ''))
  or die "cowork: the way to the team's repository is not open ($!)\n";
carry_all("$command\n", $way);
my $sender = fork // die "cowork: $!\n";
if ($sender == 0) {
  carry(*STDIN, $way);
  shutdown($way, 1);
  exit 0;
}
carry($way, *STDOUT);
kill KILL => $sender;
waitpid $sender, 0;

sub carry {
  my ($from, $to) = @_;
  while (sysread($from, my $bytes, 65536)) { carry_all($bytes, $to) or last }
}

sub carry_all {
  my ($bytes, $to) = @_;
  for (my $at = 0; $at < length $bytes;) { $at += syswrite($to, $bytes, length($bytes) - $at, $at) // return 0 }
  return 1;
}
