"""A Key Management Service of Huawei Cloud for tests, as its API reference describes it: encrypt-data and
decrypt-data of version 1.0, and the list of projects of IAM. Signatures are verified with the signer of
Huawei's own SDK. `sdk` as the first argument makes it a client with that SDK instead.

    huawei_kms.py serve PORT ACCESS SECRET PROJECT
    huawei_kms.py sdk encrypt|decrypt KEY TEXT
"""

import base64
import hashlib
import hmac
import json
import os
import re
import sys
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

REGION = "tr-west-1"
KEYS = {"key-one": b"1" * 32, "key-two": b"2" * 32}


class Refused(Exception):
    def __init__(self, status, code, message):
        self.status, self.code, self.message = status, code, message


def seal(key, plain):
    """Not secret, but bound to its key, and not to be changed."""
    data = plain.encode()
    tag = hmac.new(KEYS[key], data, hashlib.sha256).digest()
    return base64.b64encode(tag + data).decode()


def unseal(key, text):
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    tag, data = raw[:32], raw[32:]
    if not hmac.compare_digest(tag, hmac.new(KEYS[key], data, hashlib.sha256).digest()):
        raise Refused(400, "KMS.0201", "Invalid request. Decrypt failed.")
    return data.decode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def verify(self, body):
        from huaweicloudsdkcore.sdk_request import SdkRequest
        from huaweicloudsdkcore.signer.signer import Signer

        class Credentials:
            ak, sk = self.server.access, self.server.secret

        given = self.headers.get("Authorization", "")
        found = re.fullmatch(r"SDK-HMAC-SHA256 Access=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})", given)
        wrong = Refused(401, "APIGW.0301", "Incorrect IAM authentication information: verify aksk signature fail")
        if not found or found[1] != Credentials.ak:
            raise wrong
        names = found[2].split(";")
        date = datetime.strptime(self.headers["X-Sdk-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        if not {"host", "x-sdk-date"} <= set(names) or abs(datetime.now(timezone.utc) - date) > timedelta(minutes=15):
            raise wrong
        url = urlsplit(self.path)
        headers = {name: self.headers[name] for name in names}
        request = SdkRequest(
            method=self.command, schema="http", host=self.headers["Host"], resource_path=url.path,
            query_params=parse_qsl(url.query), header_params=headers, body=body.decode(),
        )
        if Signer(Credentials).sign(request).header_params["Authorization"] != given:
            raise wrong
        token = self.headers.get("X-Security-Token")
        if token is not None and (token != "temporary" or "x-security-token" not in names):
            raise wrong

    def answer(self, body):
        self.verify(body)
        url = urlsplit(self.path)
        if url.path == "/v3/projects":
            names = [value for name, value in parse_qsl(url.query) if name == "name"]
            return {"projects": [{"id": self.server.project, "name": REGION}] if names == [REGION] else []}
        verb = {f"/v1.0/{self.server.project}/kms/{verb}": verb for verb in ("encrypt-data", "decrypt-data")}.get(url.path)
        if verb is None:
            raise Refused(404, "APIGW.0101", "The API does not exist or has not been published in the environment")
        asked = json.loads(body)
        key = asked["key_id"]
        if key == "key-denied":
            raise Refused(403, "KMS.0303", "Access denied")
        if key not in KEYS:
            raise Refused(400, "KMS.0205", "The key does not exist.")
        if asked["encryption_algorithm"] != "SYMMETRIC_DEFAULT":
            raise Refused(400, "KMS.0208", "Invalid encryption algorithm")
        if verb == "encrypt-data":
            return {"key_id": key, "cipher_text": seal(key, asked["plain_text"])}
        plain = unseal(key, asked["cipher_text"])
        return {"key_id": key, "plain_text": plain, "plain_text_base64": base64.b64encode(plain.encode()).decode()}

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            status, answer = 200, self.answer(body)
        except Refused as refused:
            status, error = refused.status, {"error_code": refused.code, "error_msg": refused.message}
            # The gateway and the service have each its own form.
            answer = error if refused.code.startswith("APIGW") else {"error": error}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = handle_any


def serve(port, access, secret, project):
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    server.access, server.secret, server.project = access, secret, project
    server.serve_forever()


def sdk(verb, key, text):
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkcore.region.region import Region
    from huaweicloudsdkkms.v2 import (
        DecryptDataRequest, DecryptDataRequestBody, EncryptDataRequest, EncryptDataRequestBody, KmsClient,
    )

    names = ("AK", "SK", "PROJECT_ID")
    credentials = BasicCredentials(*(os.environ["HUAWEICLOUD_SDK_" + name] for name in names))
    region = Region(REGION, os.environ["HUAWEICLOUD_SDK_REGION_KMS_TR_WEST_1"])
    client = KmsClient.new_builder().with_credentials(credentials).with_region(region).build()
    algorithm = "SYMMETRIC_DEFAULT"
    if verb == "encrypt":
        body = EncryptDataRequestBody(key_id=key, plain_text=text, encryption_algorithm=algorithm)
        print(client.encrypt_data(EncryptDataRequest(body=body)).cipher_text)
    else:
        body = DecryptDataRequestBody(key_id=key, cipher_text=text, encryption_algorithm=algorithm)
        print(client.decrypt_data(DecryptDataRequest(body=body)).plain_text)


{"serve": serve, "sdk": sdk}[sys.argv[1]](*sys.argv[2:])
