"""Robots of group chats and JSON webhooks: our own plugins for Apprise's schemas, whose URLs stay.

Apprise takes HTTP 200 for success, whatever `errcode` says, and signs DingTalk's requests in a way that
DingTalk refuses. `via` is ours: `dingtalk://TOKEN/?via=https://gateway.example` posts to a gateway of the
intranet, or to an installation of the bureau's own, instead of the provider's address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.wecombot import NotifyWeComBot

from duban.errors import DeliveryFailed, Permanent, Retryable, TooFast
from duban.ledger.parcels import Parcel
from duban.outbox.pacing import Limit
from duban.outbox.posting import by_status, post, said

HEADERS = {"User-Agent": "Duban", "Content-Type": "application/json; charset=utf-8"}


class Robot:
    """What the robots of all chats have in common: a short text is posted, and a number answers."""

    names: ClassVar[tuple[str, ...]]
    """Schemas of its URLs."""
    home: ClassVar[str]
    """Where the provider is."""
    limits: ClassVar[tuple[Limit, ...]]
    codes: ClassVar[tuple[str, ...]] = ("errcode",)
    """The field of an answer that says 0; the first that is there."""
    busy: ClassVar[frozenset[int]] = frozenset({-1})
    too_fast: ClassVar[Mapping[int, int]]
    """Seconds to pause for, by the code that asks for it."""
    longest: ClassVar[int]
    """Bytes of a text."""
    request_timeout: tuple[float, float]
    verify_certificate: bool

    def __init__(self, *args: Any, via: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        self.via = via

    @classmethod
    def parse_url(cls, url: str) -> Any:
        """What Apprise reads of a URL, and our `via`."""
        results = super().parse_url(url)  # type: ignore[misc]
        if results and results["qsd"].get("via"):
            results["via"] = results["qsd"]["via"]
        return results

    def deliver(self, session: requests.Session, parcel: Parcel, message_id: str) -> None:
        """Post one parcel. Raises DeliveryFailed."""
        text = f"{parcel.subject}\n{parcel.plain}".strip()
        if len(text.encode()) > self.longest:
            raise Permanent(f"longer than {self.longest} bytes")
        url, params = self._place()
        status, answer = post(
            session, url, json.dumps(self._payload(text), ensure_ascii=False).encode(), params=params,
            headers=HEADERS, timeout=self.request_timeout, verify=self.verify_certificate,
        )  # fmt: skip
        failure = self.judge(status, said(answer))
        if failure is not None:
            raise failure

    def judge(self, status: int, answer: Mapping[str, Any]) -> DeliveryFailed | None:
        """What the provider's answer means; None: it was taken."""
        code = next((answer[name] for name in self.codes if name in answer), None)
        if status >= 500 or not isinstance(code, int):
            return by_status(status) or Retryable("not an answer of this provider")
        if code == 0:
            return by_status(status)
        words = f"{self.codes[0]} {code}"
        if code in self.too_fast:
            return TooFast(words, self.too_fast[code])
        return Retryable(words) if code in self.busy else Permanent(words)

    @property
    def reaches(self) -> str:
        """The host that is spoken to."""
        return urlsplit(self.base).hostname or ""

    @property
    def base(self) -> str:
        """Scheme and host, without a slash at the end."""
        return (self.via or self.home).rstrip("/")

    @abstractmethod
    def _place(self) -> tuple[str, Mapping[str, str]]:
        """Path and query that a text is posted to."""

    @abstractmethod
    def _payload(self, text: str) -> Mapping[str, Any]:
        """What is posted."""


class DingTalk(Robot, NotifyDingTalk):  # type: ignore[misc, no-untyped-call]
    """钉钉. 20 messages a minute for each robot, and ten minutes of silence for who sends more."""

    names = ("dingtalk",)
    home = "https://oapi.dingtalk.com"
    limits = (Limit(20, 60),)
    busy = frozenset({-1, 88})
    too_fast: ClassVar = {130101: 600, 130102: 600, 410100: 600}
    longest = 20_000

    def signature(self, at: int) -> str:
        """What signs a request of that millisecond: base64, encoded for the URL once, by whoever makes it."""
        secret = str(self.secret)
        words = f"{at}\n{secret}".encode()
        return base64.b64encode(hmac.new(secret.encode(), words, hashlib.sha256).digest()).decode()

    def _place(self) -> tuple[str, Mapping[str, str]]:
        params = {"access_token": str(self.token)}
        if self.secret:
            now = round(time.time() * 1000)
            params |= {"timestamp": str(now), "sign": self.signature(now)}
        return f"{self.base}/robot/send", params

    def _payload(self, text: str) -> Mapping[str, Any]:
        at = {"atMobiles": list(self.targets), "isAtAll": False}
        return {"msgtype": "text", "text": {"content": text}, "at": at}


class WeComBot(Robot, NotifyWeComBot):  # type: ignore[misc, no-untyped-call]
    """企业微信群机器人."""

    names = ("wecombot",)
    home = "https://qyapi.weixin.qq.com"
    limits = (Limit(20, 60),)
    too_fast: ClassVar = {45009: 60, 45033: 10}
    longest = 2048

    def _place(self) -> tuple[str, Mapping[str, str]]:
        return f"{self.base}/cgi-bin/webhook/send", {"key": str(self.key)}

    def _payload(self, text: str) -> Mapping[str, Any]:
        return {"msgtype": "text", "text": {"content": text}}


class FeishuTalk(Robot):
    """What 飞书 and Lark, which is 飞书 elsewhere, have in common: 100 a minute and 5 a second."""

    limits = (Limit(100, 60), Limit(5, 1))
    codes = ("code", "StatusCode")
    too_fast: ClassVar = {11232: 60}
    longest = 20_000
    token: str

    def _place(self) -> tuple[str, Mapping[str, str]]:
        return f"{self.base}/open-apis/bot/v2/hook/{self.token}", {}

    def _payload(self, text: str) -> Mapping[str, Any]:
        return {"msg_type": "text", "content": {"text": text}}


class Feishu(FeishuTalk, NotifyFeishu):  # type: ignore[misc, no-untyped-call]
    """飞书自定义机器人."""

    names = ("feishu",)
    home = "https://open.feishu.cn"


class Lark(FeishuTalk, NotifyLark):  # type: ignore[misc, no-untyped-call]
    """Lark."""

    names = ("lark",)
    home = "https://open.larksuite.com"


class Hook(NotifyJSON):  # type: ignore[no-untyped-call]
    """A JSON webhook: the body is Apprise's, the id of the message is ours."""

    def deliver(self, session: requests.Session, parcel: Parcel, message_id: str) -> None:
        """Post one parcel. Raises DeliveryFailed."""
        body = {
            "version": self.json_version, "title": parcel.subject, "message": parcel.plain,
            "attachments": [], "type": "info",
        }  # fmt: skip
        for name, value in self.payload_extras.items():
            if name not in body:
                body[name] = value
            elif value:
                body[value] = body.pop(name)
            else:
                del body[name]
        status, _ = post(
            session, self._url(), json.dumps(body, ensure_ascii=False).encode(), method=self.method,
            params=self.params, headers=HEADERS | {"Idempotency-Key": message_id.strip("<>")} | self.headers,
            auth=(self.user, self.password or "") if self.user else None,
            timeout=self.request_timeout, verify=self.verify_certificate,
        )  # fmt: skip
        failure = by_status(status)
        if failure is not None:
            raise failure

    @property
    def reaches(self) -> str:
        """The host that is spoken to."""
        return str(self.host)

    def _url(self) -> str:
        port = f":{self.port}" if isinstance(self.port, int) else ""
        return f"{'https' if self.secure else 'http'}://{self.host}{port}{self.fullpath}"


ROBOTS: tuple[type[Robot], ...] = (DingTalk, WeComBot, Feishu, Lark)
