"""The words of the statement in each language."""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("en", "es")

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("DICOM Conformance Statement", "Declaración de conformidad DICOM"),
    "made": (
        "{} {} at AE title {}. Made from the running configuration; structure of PS3.2.",
        "{} {} con título AE {}. Creada a partir de la configuración en uso; estructura de PS3.2.",
    ),
    "overview": ("Overview", "Resumen"),
    "overview_text": (
        "An archive and router: it keeps what it receives as it came and passes it on.",
        "Archivo y enrutador: conserva lo recibido tal como llegó y lo reenvía.",
    ),
    "service": ("Service", "Servicio"),
    "role": ("Role", "Rol"),
    "sop_classes": ("SOP classes", "Clases SOP"),
    "operations": ("Operations", "Operaciones"),
    "syntaxes": ("Transfer syntaxes", "Sintaxis de transferencia"),
    "every": ("every one", "todas"),
    "media_none": (
        "Media interchange is not supported.",
        "No se admite el intercambio en soportes.",
    ),
    "specifications": ("AE specifications", "Especificaciones de la entidad de aplicación"),
    "policies": ("Association policies", "Políticas de asociación"),
    "limit": ("Property", "Propiedad"),
    "value": ("Value", "Valor"),
    "context": ("Application context", "Contexto de aplicación"),
    "max_pdu": ("Maximum PDU length", "Longitud máxima de PDU"),
    "max_associations": ("Associations at once", "Asociaciones simultáneas"),
    "max_per_peer": ("Associations at once of one peer", "Asociaciones simultáneas por equipo"),
    "concurrent": ("Associations at once for sending", "Asociaciones simultáneas de envío"),
    "request_timeout": ("Wait for the association request", "Espera de la petición de asociación"),
    "idle_timeout": ("Wait for the next message", "Espera del siguiente mensaje"),
    "answer_timeout": ("Wait until an answer is taken", "Espera a que se recoja una respuesta"),
    "max_age": ("Longest association", "Asociación más larga"),
    "connect_timeout": ("Wait for a connection", "Espera de la conexión"),
    "associate_timeout": ("Wait for the association response", "Espera de la respuesta"),
    "response_timeout": (
        "Wait for an operation's answer",
        "Espera de la respuesta a una operación",
    ),
    "release_timeout": ("Wait for the release", "Espera de la liberación"),
    "asynchronous": ("Operations at once (window)", "Operaciones simultáneas (ventana)"),
    "largest": ("Largest object", "Objeto más grande"),
    "implementation_class": ("Implementation class UID", "UID de clase de implementación"),
    "implementation_version": ("Implementation version", "Versión de implementación"),
    "file_class": ("The same in stored files", "El mismo en los archivos guardados"),
    "file_version": ("Version in stored files", "Versión en los archivos guardados"),
    "unknown_callers": ("Callers that are not registered", "Equipos no registrados"),
    "unknown_services": ("What these may use", "Servicios que pueden usar"),
    "details": ("SOP classes of {} ({})", "Clases SOP de {} ({})"),
    "uid": ("UID", "UID"),
    "name": ("Name", "Nombre"),
    "storage_text": (
        "Private and newer storage SOP classes are accepted too. Level 2 (full): nothing of an "
        "object is changed or discarded.",
        "También se aceptan clases SOP de almacenamiento privadas y más nuevas. Nivel 2 (completo):"
        " no se cambia ni se descarta nada de un objeto.",
    ),
    "transcoding": ("Conversion without loss", "Conversión sin pérdida"),
    "transcoding_text": (
        "An object is sent as it is stored where the destination accepts that; otherwise, or when "
        "the node prefers it, in one of the transfer syntaxes below. Pixels are compared after "
        "each conversion. The SOP Instance UID stays; nothing is compressed with loss.",
        "Un objeto se envía como está guardado si el destino lo acepta; si no, o si el nodo lo "
        "prefiere, en una de estas sintaxis. Los píxeles se comparan tras cada conversión. El SOP "
        "Instance UID no cambia; nada se comprime con pérdida.",
    ),
    "from": ("From", "Desde"),
    "to": ("To", "Hacia"),
    "network": ("Network", "Red"),
    "network_text": ("TCP/IP, IPv4 and IPv6.", "TCP/IP, IPv4 e IPv6."),
    "title_ae": ("AE title", "Título AE"),
    "address": ("Address", "Dirección"),
    "port": ("DICOM port", "Puerto DICOM"),
    "secure_port": ("DICOM port with TLS", "Puerto DICOM con TLS"),
    "web_port": ("HTTPS port", "Puerto HTTPS"),
    "off": ("off", "desactivado"),
    "nodes": ("Configured nodes", "Nodos configurados"),
    "no_nodes": ("No node is configured.", "No hay nodos configurados."),
    "sent": ("Sent in", "Se le envía en"),
    "accepted": ("May send in", "Puede enviar en"),
    "as_stored": ("as stored", "como está guardado"),
    "preferred": ("preferred", "preferida"),
    "all": ("all", "todos"),
    "yes": ("yes", "sí"),
    "no": ("no", "no"),
    "statuses": ("Status codes", "Códigos de estado"),
    "answered": ("Answered to callers", "Respondidos a quien llama"),
    "understood": (
        "Behaviour when answered to a C-STORE",
        "Comportamiento ante respuestas C-STORE",
    ),
    "code": ("Code", "Código"),
    "category": ("Category", "Categoría"),
    "meaning": ("Meaning", "Significado"),
    "web": ("DICOMweb services", "Servicios DICOMweb"),
    "web_none": (
        "No DICOMweb service is offered. Nodes with a URL are sent to with STOW-RS.",
        "No se ofrece ningún servicio DICOMweb. A los nodos con URL se les envía por STOW-RS.",
    ),
    "method": ("Method", "Método"),
    "path": ("Resource", "Recurso"),
    "media": ("Media type", "Tipo de medio"),
    "media_title": ("Media interchange", "Intercambio en soportes"),
    "characters": ("Character sets", "Juegos de caracteres"),
    "characters_text": (
        "Kept and sent as received. These are understood for the index:",
        "Se conservan y envían como llegaron. Para el índice se entienden:",
    ),
    "security": ("Security", "Seguridad"),
    "security_text": (
        "BCP 195 TLS Secure Transport Connection Profile: TLS 1.2 or later with forward secrecy.",
        "Perfil BCP 195 de conexión segura: TLS 1.2 o posterior con secreto hacia delante.",
    ),
    "mutual": ("Callers must show a certificate", "Quien llama debe mostrar un certificado"),
    "seconds": ("{} s", "{} s"),
    "bytes": ("{} bytes", "{} bytes"),
}


@dataclass(frozen=True, slots=True)
class Texts:
    """One language's words."""

    language: str = "en"

    def __call__(self, word: str, *values: object) -> str:
        """The word, or its own name where there is none."""
        known = _WORDS.get(word)
        return known[LANGUAGES.index(self.language)].format(*values) if known else word
