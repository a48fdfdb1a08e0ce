"""A real Dovecot with its own configuration on a loopback port, one Maildir a user."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "open-sesame"
CONFIGURATION = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
mail_location = maildir:{base}/mail/%u
imap_capability = {capability}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/mail/%u
}}
first_valid_uid = 1
service imap-login {{
  {chroot}
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  {chroot}
}}
"""


class Dovecot:
    """The running server: its port, and the means to break it."""

    def __init__(self, program, base, *, capability=""):
        self.program, self.base = program, base
        self.port = _free_port()
        is_root = os.geteuid() == 0
        mail = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.geteuid())
        self.owner = (mail.pw_uid, mail.pw_gid)
        me = mail.pw_name
        (base / "mail").mkdir()
        os.chown(base / "mail", *self.owner)
        self.config = base / "dovecot.conf"
        self.config.write_text(
            CONFIGURATION.format(
                base=base,
                port=self.port,
                password=PASSWORD,
                internal="dovecot" if is_root else me,
                internal_group="dovecot" if is_root else _group(mail.pw_gid),
                login="dovenull" if is_root else me,
                uid=mail.pw_uid,
                gid=mail.pw_gid,
                capability=capability,
                chroot="" if is_root else "chroot =",
            )
        )
        self.process = None

    def start(self):
        self.process = subprocess.Popen([self.program, "-F", "-c", self.config])
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError((self.base / "log").read_text())

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)

    def forget_uids(self, user):
        """Gives the folder a new UIDVALIDITY, as a restored server does."""
        time.sleep(1.1)  # a UIDVALIDITY is the second in which the folder was first seen
        for path in (self.base / "mail" / user).glob("dovecot*"):
            path.unlink()


@contextmanager
def running_dovecot(program, **options):
    """Yields a server; its folder is open to the user whose mail it keeps."""
    base = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp"))
    base.chmod(0o755)
    server = Dovecot(program, base, **options).start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(base, ignore_errors=True)


def _group(gid):
    import grp

    return grp.getgrgid(gid).gr_name


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]
