"""Settings: the file, the environment and its original names, secrets in files; what is wrong is said in one line."""

import json
import pathlib
import sqlite3

import pytest
from harness import SECRET, Server, free_port


@pytest.fixture
def bare(tmp_path):
    """No server, only its command line with an environment of its own."""
    one = Server()
    one.env = {}
    one.tmp = tmp_path
    return one


def settings(server, text="", *flags, **env):
    """What `aiim config` says: {name: (value, source)}."""
    file = server.tmp / "aiim.toml"
    file.write_text(text)
    done = server.cli("config", "--config", str(file), "--json", *flags, env=env)
    assert done.returncode == 0, done
    return {each["name"]: (each["value"], each["source"]) for each in json.loads(done.stdout)}


def complaint(server, text="", **env):
    """The one line with which a wrong setting is refused."""
    file = server.tmp / "aiim.toml"
    file.write_text(text)
    for command in (["config"], ["serve", "--data-dir", str(server.tmp / "data")]):
        done = server.cli(*command, "--config", str(file), env=env)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1), done
    return done.stderr.replace(str(file), "aiim.toml")


def test_file_environment_and_flags_in_rising_order(bare):
    got = settings(bare, 'port = 9001\nlog_level = "warn"\ntenant_id = "acme"\n', "--data-dir", "/srv/aiim", LOG_LEVEL="error")
    assert got["port"] == ("9001", "file")
    assert got["log_level"] == ("error", "environment")
    assert got["data_dir"] == ("/srv/aiim", "flag")
    assert got["tenant_id"] == ("acme", "file") and got["host"] == ("0.0.0.0", "default")


def test_tables_are_prefixes(bare):
    text = '[jwt]\nissuer = "me"\nexpiration_hours = 2\n[tls]\ncert = "/c"\nkey = "/k"\n[allowed]\norigins = ["https://a.example", "https://b.example"]\n'
    got = settings(bare, text)
    assert (got["jwt_issuer"][0], got["jwt_expiration_hours"][0], got["tls_cert"][0]) == ("me", "2", "/c")
    assert got["allowed_origins"] == ("https://a.example,https://b.example", "file")


def test_secrets_are_masked_wherever_they_come_from(bare):
    secret = bare.tmp / "secret"
    secret.write_text(SECRET + "\n")
    url = bare.tmp / "url"
    url.write_text("postgresql://aiim:hush@db.example/aiim\n")
    done = bare.cli("config", env={"JWT_SECRET_FILE": str(secret), "API_KEY": "hush-hush", "DATABASE_URL_FILE": str(url)})
    assert done.returncode == 0 and SECRET not in done.stdout and "hush" not in done.stdout, done
    assert "postgresql://aiim:********@db.example/aiim" in done.stdout
    # What is in the file is what signs.
    assert bare.cli("token", "alice", env={"JWT_SECRET_FILE": str(secret)}).returncode == 0
    assert "JWT_SECRET and JWT_SECRET_FILE are both given" in complaint(bare, JWT_SECRET=SECRET, JWT_SECRET_FILE=str(secret))
    assert "cannot read /nowhere" in complaint(bare, JWT_SECRET_FILE="/nowhere")


ORIGINAL = {
    "REDIS_URL": "redis://localhost:6379/0", "JWT_SECRET": SECRET, "JWT_ALGORITHM": "HS256", "JWT_EXPIRATION_HOURS": "24",
    "API_KEY": "a-key-of-the-original-environment", "WEBHOOK_SECRET": "whsec", "INSTANCE_ID": "node-1", "TENANT_ID": "acme", "RATE_LIMIT_PER_SEC": "100",
    "MAX_CONNECTIONS": "1000", "CONNECTION_POOL_SIZE": "4", "QUERY_TIMEOUT": "30", "ALLOWED_ORIGINS": '["http://localhost:3000", "https://app.example"]',
    "ENABLE_METRICS": "true", "METRICS_PATH": "/metrics", "LOG_LEVEL": "INFO", "MINIO_ENDPOINT": "localhost:9000", "MINIO_ACCESS_KEY": "k",
    "MINIO_SECRET_KEY": "s", "MINIO_BUCKET": "im", "OSS_ENDPOINT": "oss.example", "OSS_ACCESS_KEY_ID": "k", "MEDIA_MAX_SIZE": "1048576",
    "STUN_SERVERS": "stun:stun.example:3478", "TURN_SERVER": "turn.example:3478", "TURN_USERNAME": "u", "TURN_PASSWORD": "p", "TURN_SECRET": "t",
}


def test_the_original_environment_starts_the_server(bare):
    names = settings(bare, **{k: v for k, v in ORIGINAL.items() if k not in ("REDIS_URL",) and not k.startswith(("MINIO", "OSS", "MEDIA", "TURN", "STUN"))})
    assert (names["jwt_expiration_hours"][0], names["query_timeout"][0], names["instance_id"][0]) == ("24", "30", "node-1")
    assert names["allowed_origins"][0] == "http://localhost:3000,https://app.example" and names["log_level"][0] == "info"
    assert bare.cli("config", env=ORIGINAL).returncode == 0


@pytest.mark.parametrize("url, path", [("sqlite:///./im.db", "im.db"), ("sqlite:///im.db", "im.db"), ("sqlite:////{tmp}/abs.db", "abs.db")])
def test_sqlite_urls_of_the_original(bare, url, path, monkeypatch):
    monkeypatch.chdir(bare.tmp)
    url = url.replace("/{tmp}", str(bare.tmp))
    done = bare.cli("user", "add", "alice", env={"DATABASE_URL": url})
    assert done.returncode == 0, done
    with sqlite3.connect(bare.tmp / path) as db:
        assert db.execute("SELECT user_id FROM users").fetchall() == [("alice",)]


@pytest.mark.parametrize("scheme", ["postgresql+psycopg2", "postgresql", "postgres"])
def test_postgres_urls_of_the_original(bare, postgres, scheme):
    url = postgres.database(f"aiim_config_{scheme.replace('+', '_')}").replace("postgresql://", scheme + "://")
    assert bare.cli("user", "add", "alice", env={"DATABASE_URL": url}).returncode == 0
    assert "alice" in bare.cli("user", "list", env={"DATABASE_URL": url}).stdout


@pytest.mark.parametrize("text, said", [
    ('jwt_secrt = "x"\n', "aiim.toml:1: jwt_secrt is no setting; did you mean jwt_secret?"),
    ('port = 8083\n\n[tls]\ncertt = "x"\n', "aiim.toml:4: tls_certt is no setting; did you mean tls_cert?"),
    ('[tls]\ncert = "x"\nrate_limit_per_second = 4\n', "aiim.toml:3: tls_rate_limit_per_second is no setting; did you mean rate_limit_per_sec? "
                                                       "It belongs above the first table\n"),
    ("[jwt]\nworkers = 2\n", "aiim.toml:2: jwt_workers is no setting; did you mean workers? It belongs above the first table\n"),
    ("colour = 1\n", "aiim.toml:1: colour is no setting\n"),
    ('port = "many"\n', 'aiim.toml:1: port must be a number, not "many"'),
    ("port = 70000\n", "aiim.toml:1: port must be from 1 to 65535, not 70000"),
    ("port = \n", "aiim.toml:1: "),
    ('tls_cert = "a"\n[tls]\ncert = "b"\n', "tls_cert is given twice"),
    ("allowed_origins = [1]\n", "aiim.toml:1: allowed_origins must be a list of strings"),
    ('allowed_origins = "ftp://a"\n', "must be a list of origins"),
    ('database_url = "mysql://a/b"\n', "unknown scheme 'mysql'"),
    ('tls_cert = "a"\n', "--tls-key is missing"),
])
def test_a_wrong_line_of_the_file_is_named(bare, text, said):
    assert said in complaint(bare, text)


@pytest.mark.parametrize("name, value, said", [
    ("AIIM_PROT", "1", "AIIM_PROT is no setting; did you mean AIIM_PORT?"),
    ("AIIM_LOG_LEVEL", "warn", "AIIM_LOG_LEVEL is no setting; did you mean LOG_LEVEL?"),
    ("AIIM_DATABASE_URL", "x", "AIIM_DATABASE_URL is no setting; did you mean DATABASE_URL?"),
    ("AIIM_JWT_SECRET", "x", "AIIM_JWT_SECRET is no setting; did you mean JWT_SECRET?"),
    ("AIIM_JWT_SECRET_FILE", "x", "AIIM_JWT_SECRET_FILE is no setting; did you mean JWT_SECRET_FILE?"),
    ("AIIM_TENANT_ID", "x", "AIIM_TENANT_ID is no setting; did you mean TENANT_ID?"),
    ("AIIM_RATE_LIMIT_PER_SECOND", "4", "AIIM_RATE_LIMIT_PER_SECOND is no setting; did you mean RATE_LIMIT_PER_SEC?"),
    ("AIIM_NONSENSE", "1", "AIIM_NONSENSE is no setting\n"),
    ("JWT_EXPIRATION_HOURS", "soon", 'JWT_EXPIRATION_HOURS must be a number, not "soon"'),
    ("ENABLE_METRICS", "perhaps", "ENABLE_METRICS must be true or false"),
    ("TENANT_ID", "a b", "TENANT_ID must be 1 to 64 of"),
    ("METRICS_PATH", "metrics", "METRICS_PATH must begin with /"),
])
def test_a_wrong_variable_is_named(bare, name, value, said):
    assert said in complaint(bare, **{name: value})


def test_a_file_that_is_not_there_is_a_wrong_command_line(bare):
    done = bare.cli("serve", "--config", str(pathlib.Path("/nowhere.toml")), "--port", str(free_port()))
    assert done.returncode == 2 and "/nowhere.toml" in done.stderr
