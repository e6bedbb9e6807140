"""The names that Docker and Linux know, so that a typo is found before a host boots."""

from typing import Final

CAPABILITIES: Final = frozenset(
    """
    ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN
    DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE
    MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON
    SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE
    SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM
    """.split()  # noqa: SIM905 - a list of 42 quoted strings is harder to read
)
"""Source: capabilities(7); Docker's spelling, without the prefix ``CAP_``."""

ULIMITS: Final = frozenset(
    """
    core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime
    sigpending stack
    """.split()  # noqa: SIM905 - as above
)
"""Source: github.com/docker/go-units, ulimit.go."""

SIGNALS: Final = frozenset(
    """
    SIGABRT SIGALRM SIGCONT SIGHUP SIGINT SIGKILL SIGPIPE SIGQUIT SIGTERM SIGTSTP SIGUSR1
    SIGUSR2 SIGWINCH SIGRTMIN+3
    """.split()  # noqa: SIM905 - as above
)
"""Signals that applications use to end. Source: signal(7); systemd ends with SIGRTMIN+3."""

LOG_DRIVERS: Final = frozenset(
    """
    awslogs fluentd gcplogs gelf journald json-file local none splunk syslog
    """.split()  # noqa: SIM905 - as above
)
"""Source: docs.docker.com, "Configure logging drivers"."""
