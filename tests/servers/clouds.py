"""A stand-in for the services of Google Cloud and Azure that cloze and sops talk to.

It is a proxy (HTTPS_PROXY): a client that asks to be connected to `cloudkms.googleapis.com` or
`VAULT.vault.azure.net` reaches this program instead, which answers as the published REST
descriptions say. So a client is run exactly as it is shipped, and nothing leaves 127.0.0.1. Keys
and the certificate for all these names are made at each start.

    clouds.py PORT FOLDER [DRONGO]

FOLDER gets `ca.pem` (for SSL_CERT_FILE), `account.json` (a service account of Google) and
`client.pem` (a certificate and its key for Azure), and the newest version of each key of Azure. DRONGO is the address of a drongo, which holds
the keys of Google. What happens is told by names: a key called `throttled` is throttled. `/calls`
tells what was asked for.
"""

import base64
import datetime
import hashlib
import http.server
import json
import pathlib
import secrets
import socketserver
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "99999999-8888-7777-6666-555555555555"
ACCOUNT = "tester@project.iam.gserviceaccount.com"
NAMES = ["*.googleapis.com", "*.example.cloud", "login.microsoftonline.com", "*.vault.azure.net"]
OAEP = {
    "RSA-OAEP-256": padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None),
    "RSA-OAEP": padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None),
    "RSA1_5": padding.PKCS1v15(),
}


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key):
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def certificate(name, key, issuer, issuer_key, names=()):
    now = datetime.datetime.now(datetime.timezone.utc)
    named = lambda text: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=name == issuer, path_length=None), critical=True)
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(it) for it in names])
        builder = builder.add_extension(alternatives, critical=False)
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(usage, critical=False)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = builder.add_extension(authority, critical=False)
    subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(subject, critical=False).sign(issuer_key, hashes.SHA256())


def pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Refused(Exception):
    """An answer other than 200: its status, its JSON, and headers."""

    def __init__(self, status, body, **headers):
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers


def refused_by_google(status, code, message, reason=None):
    error = {"code": status, "message": message, "status": code}
    if reason:
        kind = "type.googleapis.com/google.rpc.ErrorInfo"
        error["details"] = [{"@type": kind, "reason": reason, "domain": "googleapis.com"}]
    return Refused(status, {"error": error})


def refused_by_vault(status, code, message, inner=None, **headers):
    error = {"code": code, "message": message}
    if inner:
        error["innererror"] = {"code": inner}
    return Refused(status, {"error": error}, **headers)


class World:
    """What the stand-in knows: keys, tokens that it gave, and what was asked of it."""

    def __init__(self, folder, drongo):
        self.folder, self.drongo = folder, drongo
        self.tokens = {"google": {"good-token"}, "azure": {"good-token"}}
        self.calls = []
        self.busy = set()
        authority, server = new_key(), new_key()
        root = certificate("Clouds", authority, "Clouds", authority)
        leaf = certificate("clouds", server, "Clouds", authority, NAMES)
        (folder / "ca.pem").write_bytes(pem(root))
        (folder / "server.pem").write_bytes(pem(leaf) + private_pem(server))
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(folder / "server.pem")
        self.google(folder)
        self.azure(folder)

    def google(self, folder):
        self.account_key = new_key()
        account = {
            "type": "service_account",
            "project_id": "project",
            "private_key_id": "key-1",
            "private_key": private_pem(self.account_key).decode(),
            "client_email": ACCOUNT,
            "client_id": "1",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
        }
        (folder / "account.json").write_text(json.dumps(account))
        rings = f"{self.drongo}/v1/projects/project/locations/global/keyRings"
        make = lambda url: urllib.request.urlopen(urllib.request.Request(url, b'{"purpose": "ENCRYPT_DECRYPT"}'))
        if self.drongo:
            make(f"{rings}?keyRingId=ring").close()
            for name in ["data", "other", "busy", "damaged", "counted"]:
                make(f"{rings}/ring/cryptoKeys?cryptoKeyId={name}").close()

    def azure(self, folder):
        self.client_key = new_key()
        self.client_certificate = certificate("client", self.client_key, "client", self.client_key)
        (folder / "client.pem").write_bytes(pem(self.client_certificate) + private_pem(self.client_key))
        # Of each key its versions, the newest last.
        self.keys = {}
        for name in ["data", "other", "turning", "disabled", "expired", "noget", "counted"]:
            self.new_version(name)

    def new_version(self, name):
        version = secrets.token_hex(16)
        (self.folder / f"{name}.txt").write_text(version)
        self.keys.setdefault(name, []).append((version, new_key()))
        return version

    def token(self, cloud):
        token = f"{cloud}-{secrets.token_hex(8)}"
        self.tokens[cloud].add(token)
        return token

    # Google.

    def is_ours(self, token):
        """Whether a token was signed by the service account: such a token needs no server."""
        try:
            key = self.account_key.public_key()
            claims = jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})
        except jwt.PyJWTError:
            return False
        audience = claims.get("aud", "")
        return claims["iss"] == ACCOUNT and ("scope" in claims or audience.startswith("https://cloudkms."))

    def google_token(self, request):
        form = request.form()
        kind = form.get("grant_type")
        self.calls.append(f"refresh {form.get('client_id')}")
        if kind == "refresh_token" and form.get("refresh_token") == "good-refresh" and form.get("client_secret") == "s":
            return {"access_token": self.token("google"), "expires_in": 3600, "token_type": "Bearer"}
        if kind == "urn:ietf:params:oauth:grant-type:jwt-bearer" and self.is_ours(form.get("assertion", "")):
            return {"access_token": self.token("google"), "expires_in": 3600, "token_type": "Bearer"}
        message = "Token has been expired or revoked."
        raise Refused(400, {"error": "invalid_grant", "error_description": message})

    def exchanged_token(self, request):
        form = request.form()
        if form.get("subject_token") != "subject" or "workloadIdentityPools" not in form.get("audience", ""):
            raise Refused(400, {"error": "invalid_grant", "error_description": "The subject token is not valid."})
        kind = "urn:ietf:params:oauth:token-type:access_token"
        token = self.token("google")
        return {"access_token": token, "issued_token_type": kind, "token_type": "Bearer", "expires_in": 3600}

    def impersonated_token(self, request):
        self.allowed_by_google(request)
        if "denied@" in request.path:
            raise refused_by_google(403, "PERMISSION_DENIED", "Permission 'iam.serviceAccounts.getAccessToken' denied")
        expiry = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        return {"accessToken": self.token("google"), "expireTime": expiry.strftime("%Y-%m-%dT%H:%M:%SZ")}

    def allowed_by_google(self, request):
        token = request.bearer()
        if token not in self.tokens["google"] and not self.is_ours(token or ""):
            message = "Request had invalid authentication credentials."
            raise refused_by_google(401, "UNAUTHENTICATED", message)

    def google_key(self, request):
        self.allowed_by_google(request)
        path = request.path.split("?")[0]
        name, _, operation = path.rpartition("/")[2].partition(":")
        if name == "slow":
            time.sleep(40)
        if name == "throttled":
            raise refused_by_google(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Cryptographic requests'.")
        if name == "unwell":
            raise refused_by_google(503, "UNAVAILABLE", "The service is currently unavailable.")
        if name == "busy" and name not in self.busy:
            self.busy.add(name)
            raise refused_by_google(503, "UNAVAILABLE", "The service is currently unavailable.")
        if name == "denied":
            permission = f"cloudkms.cryptoKeyVersions.useTo{operation.capitalize()}"
            message = f"Permission '{permission}' denied on resource '{path[4:].split(':')[0]}' (or it may not exist)."
            raise refused_by_google(403, "PERMISSION_DENIED", message, "IAM_PERMISSION_DENIED")
        if name == "unused":
            message = "Cloud KMS API has not been used in project 1 before or it is disabled."
            raise refused_by_google(403, "PERMISSION_DENIED", message, "SERVICE_DISABLED")
        if name == "disabled":
            message = f"{path[4:].split(':')[0]}/cryptoKeyVersions/1 is not enabled, current state is: DISABLED."
            raise refused_by_google(400, "FAILED_PRECONDITION", message)
        answer = self.ask_drongo(request)
        if name == "damaged" and operation:
            answer[{"encrypt": "ciphertextCrc32c", "decrypt": "plaintextCrc32c"}[operation]] = "1"
        return answer

    def ask_drongo(self, request):
        call = urllib.request.Request(self.drongo + request.path, data=request.body or None, method=request.command)
        call.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(call, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            if error.code == 400:
                message = "Decryption failed: verify that 'name' refers to the correct CryptoKey."
                raise refused_by_google(400, "INVALID_ARGUMENT", message)
            raise Refused(error.code, json.loads(error.read()))

    # Azure.

    def discovery(self, request):
        return {
            "tenant_discovery_endpoint": f"https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [
                {
                    "preferred_network": "login.microsoftonline.com",
                    "preferred_cache": "login.windows.net",
                    "aliases": ["login.microsoftonline.com", "login.windows.net"],
                }
            ],
        }

    def openid(self, request):
        tenant = request.path.split("/")[1]
        self.check_tenant(tenant)
        start = f"https://login.microsoftonline.com/{tenant}"
        return {
            "token_endpoint": f"{start}/oauth2/v2.0/token",
            "authorization_endpoint": f"{start}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{start}/oauth2/v2.0/devicecode",
            "issuer": f"{start}/v2.0",
        }

    def check_tenant(self, tenant):
        if tenant != TENANT:
            text = f"AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
            raise Refused(400, {"error": "invalid_request", "error_description": text, "error_codes": [90002]})

    def azure_token(self, request):
        self.check_tenant(request.path.split("/")[1])
        form = request.form()
        secret, assertion = form.get("client_secret"), form.get("client_assertion")
        known = form.get("client_id") == CLIENT and form.get("scope", "").startswith("https://vault.azure.net/.default")
        if known and (secret == "right" or assertion == "federated" or self.is_client(assertion)):
            return {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": self.token("azure")}
        text = "AADSTS7000215: Invalid client secret provided. Trace ID: 0\r\nTimestamp: 0"
        raise Refused(401, {"error": "invalid_client", "error_description": text, "error_codes": [7000215]})

    def is_client(self, assertion):
        try:
            header = jwt.get_unverified_header(assertion)
            der = self.client_certificate.public_bytes(serialization.Encoding.DER)
            prints = {
                "x5t": b64url(hashlib.sha1(der).digest()),
                "x5t#S256": b64url(hashlib.sha256(der).digest()),
            }
            named = [header[name] == prints[name] for name in prints if name in header]
            audience = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
            key = self.client_certificate.public_key()
            required = {"require": ["exp", "nbf", "jti", "iss", "sub", "aud"]}
            claims = jwt.decode(assertion, key, algorithms=["RS256", "PS256"], audience=audience, options=required)
            return bool(named) and all(named) and claims["iss"] == claims["sub"] == CLIENT
        except (jwt.PyJWTError, TypeError):
            return False

    def managed_identity(self, request):
        query = urllib.parse.parse_qs(urllib.parse.urlparse(request.path).query)
        if query["resource"] != ["https://vault.azure.net"]:
            raise Refused(400, {"error": "invalid_resource"})
        if query.get("client_id", [CLIENT]) != [CLIENT]:
            raise Refused(400, {"error": "invalid_request", "error_description": "Identity not found"})
        expiry = str(int(time.time()) + 3600)
        token = self.token("azure")
        return {"access_token": token, "expires_on": expiry, "token_type": "Bearer", "resource": query["resource"][0]}

    def vault(self, request):
        if request.bearer() not in self.tokens["azure"]:
            challenge = f'Bearer authorization="https://login.microsoftonline.com/{TENANT}", resource="https://vault.azure.net"'
            message = "AKV10000: Request is missing a Bearer or PoP token."
            raise refused_by_vault(401, "Unauthorized", message, WWW_Authenticate=challenge)
        path = urllib.parse.urlparse(request.path).path
        _, kind, name, *rest = path.split("/")
        if kind != "keys":
            raise refused_by_vault(404, "BadParameter", "there are only keys here")
        operation = rest[1] if len(rest) > 1 else ("create" if rest == ["create"] else "get")
        if request.host.startswith("foreign."):
            message = "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/00000000-0000-0000-0000-000000000000/, found https://sts.windows.net/1/."
            raise refused_by_vault(401, "Unauthorized", message)
        if name == "slow":
            time.sleep(40)
        if name == "throttled":
            raise refused_by_vault(429, "Throttled", "Request was not processed because too many requests were received.", Retry_After="1")
        if name == "denied" or (name == "noget" and operation == "get"):
            message = f"The user, group or application 'appid={CLIENT};oid=0;iss=https://sts.windows.net/{TENANT}/' does not have keys {operation} permission on key vault 'unit;location=westeurope'."
            raise refused_by_vault(403, "Forbidden", message, "AccessDenied")
        if name == "walled":
            message = "Client address is not authorized and caller is not a trusted service.\r\nClient address: 192.0.2.1"
            raise refused_by_vault(403, "Forbidden", message, "ForbiddenByFirewall")
        if operation == "create":
            self.new_version(name)
            return self.bundle(name, *self.keys[name][-1])
        version, key = self.find(name, rest[0] if rest else "")
        if operation == "get":
            return self.bundle(name, version, key)
        if name == "disabled":
            raise refused_by_vault(403, "Forbidden", f"Operation {operation} is not allowed on a disabled key.", "KeyDisabled")
        if name == "expired" and operation in ["encrypt", "wrapkey"]:
            raise refused_by_vault(403, "Forbidden", f"Operation {operation} is not allowed on an expired key.", "KeyExpired")
        body = json.loads(request.body)
        value = self.operate(key, operation, OAEP[body["alg"]], unb64url(body["value"]))
        return {"kid": f"https://unit.vault.azure.net/keys/{name}/{version}", "value": b64url(value)}

    def find(self, name, version):
        versions = self.keys.get(name)
        if not versions:
            message = f"A key with (name/id) {name} was not found in this key vault."
            raise refused_by_vault(404, "KeyNotFound", message)
        found = [it for it in versions if it[0] == version] if version else versions[-1:]
        if not found:
            message = f"A key with (name/id) {name}/{version} was not found in this key vault."
            raise refused_by_vault(404, "KeyNotFound", message)
        return found[0]

    def bundle(self, name, version, key):
        numbers = key.public_key().public_numbers()
        raw = lambda number: b64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
        attributes = {"enabled": name != "disabled", "created": 1700000000, "updated": 1700000000}
        if name == "expired":
            attributes["exp"] = 1700000001
        operations = ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"]
        kid = f"https://unit.vault.azure.net/keys/{name}/{version}"
        jwk = {"kid": kid, "kty": "RSA", "key_ops": operations, "n": raw(numbers.n), "e": raw(numbers.e)}
        return {"key": jwk, "attributes": attributes}

    def operate(self, key, operation, scheme, value):
        try:
            if operation in ["encrypt", "wrapkey"]:
                return key.public_key().encrypt(value, scheme)
            return key.decrypt(value, scheme)
        except ValueError:
            message = "The parameter is incorrect."
            raise refused_by_vault(400, "BadParameter", message)

    def answer(self, request):
        """What a request gets, by the host that the client believes to talk to."""
        host, path = request.host, urllib.parse.urlparse(request.path).path
        if host.endswith(".vault.azure.net"):
            return self.vault(request)
        if host.startswith("cloudkms"):
            return self.google_key(request)
        table = {
            ("oauth2.googleapis.com", "/token"): self.google_token,
            ("sts.googleapis.com", "/v1/token"): self.exchanged_token,
            ("login.microsoftonline.com", "/common/discovery/instance"): self.discovery,
        }
        if (host, path) in table:
            return table[host, path](request)
        if host == "iamcredentials.googleapis.com" and path.endswith(":generateAccessToken"):
            return self.impersonated_token(request)
        if host == "login.microsoftonline.com":
            return self.openid(request) if path.endswith("/openid-configuration") else self.azure_token(request)
        if path == "/computeMetadata/v1/instance/service-accounts/default/token":
            if request.headers.get("Metadata-Flavor") != "Google":
                raise Refused(403, {})
            return {"access_token": self.token("google"), "expires_in": 3600, "token_type": "Bearer"}
        if path in ["/metadata/identity/oauth2/token", "/msi/token"]:
            return self.managed_identity(request)
        if path == "/calls":
            return {"calls": self.calls}
        raise Refused(404, {"error": f"nothing is known of {host}{path}"})


class Request(http.server.BaseHTTPRequestHandler):
    """A connection: of the proxy first, and then of the host that was asked for."""

    protocol_version = "HTTP/1.1"
    world = None
    host = ""

    def do_CONNECT(self):
        self.host = self.path.rsplit(":", 1)[0]
        if self.host.startswith("unreachable"):
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            self.connection = self.world.tls.wrap_socket(self.connection, server_side=True)
        except OSError:
            self.close_connection = True
            return
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("http://"):
            url = urllib.parse.urlparse(self.path)
            self.host, self.path = url.hostname, url._replace(scheme="", netloc="").geturl()
        if self.path != "/calls":
            self.world.calls.append(f"{self.command} {self.host}{self.path.split('?')[0]}")
        try:
            status, body, headers = 200, self.world.answer(self), {}
        except Refused as refused:
            status, body, headers = refused.status, refused.body, refused.headers
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        # One write: two wait for each other.
        self._headers_buffer.append(b"\r\n" + text)
        self.flush_headers()

    do_POST = do_GET

    def log_message(self, *_):
        pass

    def bearer(self):
        kind, _, token = (self.headers.get("Authorization") or "").partition(" ")
        return token if kind.lower() == "bearer" else None

    def form(self):
        text = self.body.decode()
        if text.startswith("{"):
            return json.loads(text)
        return {name: values[0] for name, values in urllib.parse.parse_qs(text).items()}


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request, address):
        # Clients go away when they have waited long enough.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, address)


def main():
    port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    Request.world = World(folder, sys.argv[3] if len(sys.argv) > 3 else None)
    Server(("127.0.0.1", port), Request).serve_forever()


if __name__ == "__main__":
    main()
