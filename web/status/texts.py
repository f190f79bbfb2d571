"""The words and figures of the status page in each language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from appliance.clock import local

LANGUAGES = ("en", "es")

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Status", "Estado"),
    "well": ("All is well", "Todo funciona"),
    "ill": ("Needs attention", "Requiere atención"),
    "ill_parts": ("Not working: {}", "No funciona: {}"),
    "store_full": (
        "Nothing more is taken in: the store is full. Make room, or add a disk; "
        "reception goes on by itself",
        "No se recibe nada más: el almacén está lleno. Libere espacio o añada un disco; "
        "la recepción se reanuda sola",
    ),
    "store_stopped": (
        "Nothing more is taken in: the store has stopped after a failure of its disk. "
        "Check the disk, then start the appliance again",
        "No se recibe nada más: el almacén se detuvo tras un fallo de su disco. "
        "Revise el disco y reinicie el equipo",
    ),
    "uncounted": (
        "The database does not answer: the numbers of the index and the queue are unavailable. "
        "Images are still taken in",
        "La base de datos no responde: las cifras del índice y de la cola no están disponibles. "
        "Las imágenes se siguen recibiendo",
    ),
    "part_index": ("index", "índice"),
    "part_queue": ("queue", "cola de envío"),
    "part_nodes": ("nodes", "nodos"),
    "part_scrub": ("scrub", "verificación periódica"),
    "part_store": ("store", "almacén"),
    "part_store alarm": ("store alarm", "vigilancia del almacén"),
    "part_certificates": ("certificates", "certificados"),
    "part_trimming": ("trimming", "limpieza diaria"),
    "part_pulse": ("pulse", "pulso"),
    "part_heartbeat": ("heartbeat", "registro de disponibilidad"),
    "part_journal": ("journal", "diario de sucesos"),
    "part_database": ("database", "base de datos"),
    "node": ("DICOM node", "Nodo DICOM"),
    "ae_title": ("AE title", "Título AE"),
    "address": ("Address", "Dirección"),
    "port": ("Port", "Puerto"),
    "version": ("Version", "Versión"),
    "uptime": ("Running for", "En marcha desde hace"),
    "started": ("Started", "Iniciado"),
    "free": ("Free space", "Espacio libre"),
    "archive": ("Archive", "Archivo"),
    "studies": ("Studies", "Estudios"),
    "instances": ("Images and objects", "Imágenes y objetos"),
    "lag": ("Not indexed yet", "Sin indexar aún"),
    "traffic": ("Traffic", "Tráfico"),
    "open": ("Open associations", "Asociaciones abiertas"),
    "nodes": ("Nodes", "Nodos"),
    "rules": ("Rules", "Reglas"),
    "waiting": ("Waiting to be sent", "Pendientes de envío"),
    "set_aside": ("Set aside", "Apartados"),
    "levels": ("Service levels", "Niveles de servicio"),
    "measure": ("Measure", "Medida"),
    "promised": ("Promised", "Prometido"),
    "measured": ("Measured", "Medido"),
    "count": ("Count", "Cantidad"),
    "verdict": ("Result", "Resultado"),
    "kept": ("kept", "cumplido"),
    "missed": ("missed", "incumplido"),
    "unmeasured": ("not measured yet", "sin medir aún"),
    "level_receive": (
        "Answer to an image received, on average",
        "Respuesta a una imagen recibida, en promedio",
    ),
    "level_send": (
        "Answer to an image sent, on average",
        "Respuesta a una imagen enviada, en promedio",
    ),
    "level_route": ("Image routed on, on average", "Imagen reenviada, en promedio"),
    "as_of": ("As of {}", "A fecha de {}"),
    "reload": ("Refresh", "Actualizar"),
    "seconds": ("{} s", "{} s"),
    "day": ("{} day", "{} día"),
    "days": ("{} days", "{} días"),
    "hours": ("{} h", "{} h"),
    "minutes": ("{} min", "{} min"),
}

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


@dataclass(frozen=True, slots=True)
class Texts:
    """One language's words; called by the page."""

    language: str

    def __call__(self, word: str, *values: object) -> str:
        """The word, or its own name where there is none."""
        known = _WORDS.get(word)
        return known[LANGUAGES.index(self.language)].format(*values) if known else word

    def parts(self, names: Iterable[str]) -> str:
        """Names of parts, one after the other; one without a word keeps its own."""
        words = (f"part_{name}" for name in names)
        return ", ".join(self(word).removeprefix("part_") for word in words)

    def number(self, value: float | None, digits: int = 0) -> str:
        """1234.5 as 1,234.5 or 1.234,5; a dash where there is none."""
        if value is None:
            return "\N{EN DASH}"
        text = f"{value:,.{digits}f}"
        return text.translate({44: ".", 46: ","}) if self.language == "es" else text

    def size(self, count: int) -> str:
        """Bytes, at most four figures long."""
        value, unit = float(count), 0
        while value >= 1000 and unit < len(_UNITS) - 1:
            value, unit = value / 1024, unit + 1
        return f"{self.number(value, 1 if unit and value < 100 else 0)} {_UNITS[unit]}"

    def seconds(self, value: float) -> str:
        return self("seconds", self.number(value, 2 if value < 10 else 1))

    def duration(self, seconds: float) -> str:
        """The two largest of days, hours and minutes; seconds below one minute."""
        minutes, hours, days = (
            int(seconds // 60) % 60,
            int(seconds // 3600) % 24,
            int(seconds // 86400),
        )
        if days:
            return f"{self('day' if days == 1 else 'days', days)} {self('hours', hours)}"
        if hours:
            return f"{self('hours', hours)} {self('minutes', minutes)}"
        return self("minutes", minutes) if minutes else self("seconds", int(seconds))

    def moment(self, at: datetime) -> str:
        """On the clinic's clock."""
        return local(at).strftime("%Y-%m-%d %H:%M")
