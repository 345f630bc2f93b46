#!/usr/bin/env bash
# A Slurm of one node on this machine, to test with: Debian's packages, partitions `cpu` and `gpu`, two GPUs that are
# device files and nothing else, memory limits that kill. No accounting, no systemd. Needs root.
#   envs/slurm-host.sh up         install what is missing, write a configuration, start the daemons
#   envs/slurm-host.sh node-down  kill the daemon of the node and all its jobs, as a crash does
#   envs/slurm-host.sh node-up    start it again
#   envs/slurm-host.sh down       stop what `up` started, remove the configuration
# Exit status 3, with the reason on standard error: this machine cannot have one.
set -euo pipefail

HOME_DIR=${CONCLUGEN_SLURM_HOME:-/tmp/conclugen-slurm}
CONFIGURED=/etc/slurm # the place compiled in: the job step of Snakemake's executor drops SLURM_CONF
NODE=$(hostname -s)
PATH=$PATH:/usr/sbin:/sbin

unable() {
    echo "no Slurm on this machine: $*" >&2
    exit 3
}

# within SECONDS COMMAND...: try until it succeeds.
within() {
    local tries=$(($1 * 5))
    shift
    while ((tries-- > 0)); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.2
    done
    return 1
}

install_packages() {
    command -v slurmctld slurmd munged sbatch >/dev/null && return
    command -v apt-get >/dev/null || unable "the packages slurm-wlm and munge are missing, and there is no apt-get"
    local get=(env DEBIAN_FRONTEND=noninteractive timeout 120 apt-get -qq -o DPkg::Lock::Timeout=60 -o Acquire::http::Timeout=20)
    local want=(install --yes --no-install-recommends slurm-wlm munge)
    "${get[@]}" "${want[@]}" >"$HOME_DIR/apt.log" 2>&1 && return
    "${get[@]}" update >>"$HOME_DIR/apt.log" 2>&1 && "${get[@]}" "${want[@]}" >>"$HOME_DIR/apt.log" 2>&1 ||
        unable "apt-get cannot install slurm-wlm and munge ($(tail -n 1 "$HOME_DIR/apt.log"))"
}

# Memory is limited by control groups where there are those of version 1, else by Slurm's own sampling.
limits() {
    if [ -w /sys/fs/cgroup/memory/memory.limit_in_bytes ] && [ -d /sys/fs/cgroup/freezer ] && [ -d /sys/fs/cgroup/cpuset ]; then
        printf '%s\n' ProctrackType=proctrack/cgroup TaskPlugin=task/cgroup JobAcctGatherType=jobacct_gather/cgroup
    else
        printf '%s\n' ProctrackType=proctrack/linuxproc TaskPlugin=task/none JobAcctGatherType=jobacct_gather/linux \
            JobAcctGatherParams=OverMemoryKill
    fi
}

write_configuration() {
    local cores memory number
    cores=$(nproc)
    memory=$(($(awk '/^MemTotal/ {print $2}' /proc/meminfo) / 1024 - 512))
    ((memory >= 6000)) || unable "$memory MB of memory are too few to share out"
    mkdir -p "$HOME_DIR"/{etc,state,spool}
    for number in 0 1; do # slurmd takes only devices for GPUs: twins of /dev/null
        [ -c "$HOME_DIR/gpu$number" ] || mknod "$HOME_DIR/gpu$number" c 1 3 || unable "device files cannot be made"
    done
    cat >"$HOME_DIR/etc/slurm.conf" <<CONF
ClusterName=conclugen
SlurmctldHost=$NODE(127.0.0.1)
SlurmctldPort=16917
SlurmdPort=16918
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
StateSaveLocation=$HOME_DIR/state
SlurmdSpoolDir=$HOME_DIR/spool
SlurmctldPidFile=$HOME_DIR/slurmctld.pid
SlurmdPidFile=$HOME_DIR/slurmd.pid
SlurmctldLogFile=$HOME_DIR/slurmctld.log
SlurmdLogFile=$HOME_DIR/slurmd.log
$(limits)
JobAcctGatherFrequency=1
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
MinJobAge=900
JobRequeue=0
ReturnToService=2
SlurmdTimeout=6
KillWait=3
NodeName=$NODE NodeAddr=127.0.0.1 CPUs=$cores CoresPerSocket=$cores RealMemory=$memory Gres=gpu:2 State=UNKNOWN
PartitionName=cpu Nodes=ALL Default=YES DefMemPerCPU=500
PartitionName=gpu Nodes=ALL DefMemPerCPU=500
CONF
    echo "NodeName=$NODE Name=gpu File=$HOME_DIR/gpu[0-1] Flags=nvidia_gpu_env" >"$HOME_DIR/etc/gres.conf"
    cat >"$HOME_DIR/etc/cgroup.conf" <<CONF
CgroupPlugin=$(limits | grep -q cgroup && echo cgroup/v1 || echo autodetect)
CgroupMountpoint=/sys/fs/cgroup
ConstrainCores=yes
ConstrainRAMSpace=yes
ConstrainSwapSpace=yes
AllowedSwapSpace=0
CONF
    mkdir -p "$CONFIGURED"
    ln -sfn "$HOME_DIR"/etc/*.conf "$CONFIGURED"/
}

start_munge() {
    munge -n 2>/dev/null | unmunge >/dev/null 2>&1 && return # there is one already
    mkdir -p /run/munge && chown munge: /run/munge && chmod 755 /run/munge
    [ -s /etc/munge/munge.key ] || unable "munge has no key in /etc/munge"
    runuser -u munge -- munged 2>>"$HOME_DIR/munged.log" || unable "munged does not start ($(tail -n 1 "$HOME_DIR/munged.log"))"
    within 10 sh -c 'munge -n | unmunge' || unable "munged does not answer"
    cp /run/munge/munged.pid "$HOME_DIR/munged.pid"
}

node_up() {
    slurmd -N "$NODE" 2>>"$HOME_DIR/slurmd.log" || unable "slurmd does not start (see $HOME_DIR/slurmd.log)"
    within 30 sh -c "sinfo --noheader --format %T | grep -qE 'idle|mixed|allocated'" ||
        unable "its node does not come up: $(tail -n 2 "$HOME_DIR/slurmd.log")"
}

# stop DAEMON: end the process that `up` started, by its number.
stop() {
    local file=$HOME_DIR/$1.pid pid
    [ -s "$file" ] || return 0
    pid=$(cat "$file")
    if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$1" ]; then
        kill "$pid"
        within 10 test ! -d "/proc/$pid" || kill -9 "$pid"
    fi
    rm -f "$file"
}

node_down() {
    local jobs
    within 10 scontrol listpids # a job has processes some moments after it is said to run
    jobs=$(scontrol listpids 2>/dev/null | awk '$1 ~ /^[0-9]+$/ {print $1}')
    kill -9 "$(cat "$HOME_DIR/slurmd.pid")"
    # shellcheck disable=SC2046,SC2086 # numbers, one word each
    kill -9 $jobs $(grep -lx slurmstepd /proc/[0-9]*/comm 2>/dev/null | cut -d/ -f3) 2>/dev/null || true
    rm -f "$HOME_DIR/slurmd.pid"
}

up() {
    [ "$(id -u)" = 0 ] || unable "it takes root"
    mkdir -p "$HOME_DIR"
    [ ! -e "$CONFIGURED/slurm.conf" ] || [ "$(readlink "$CONFIGURED/slurm.conf")" = "$HOME_DIR/etc/slurm.conf" ] ||
        unable "there is one already, configured in $CONFIGURED"
    install_packages
    write_configuration
    start_munge
    slurmctld -c 2>>"$HOME_DIR/slurmctld.log" || unable "slurmctld does not start (see $HOME_DIR/slurmctld.log)"
    within 15 scontrol ping || unable "slurmctld does not answer: $(tail -n 2 "$HOME_DIR/slurmctld.log")"
    node_up
    sinfo --format "%P %D node %c cores %m MB %G %T"
}

down() {
    [ -d "$HOME_DIR" ] || return 0
    ! command -v scancel >/dev/null || timeout 20 scancel --user root >/dev/null 2>&1 || true
    for daemon in slurmd slurmctld munged; do
        stop "$daemon"
    done
    find "$CONFIGURED" -lname "$HOME_DIR/*" -delete
}

case ${1:-} in
up) up ;;
down) down ;;
node-down) node_down ;;
node-up) node_up ;;
*)
    sed -n '2,8s/^# //p' "$0"
    exit 2
    ;;
esac
