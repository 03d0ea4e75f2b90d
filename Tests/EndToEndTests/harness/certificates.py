"""Certificates of our own making, as PEM files."""

import datetime
import ipaddress
import ssl

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Authority:
    """Signs certificates for this machine, and writes them to a folder: NAME.crt and NAME.key, its own as NAME-ca.crt."""

    def __init__(self, folder, name="test"):
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(f"{name} authority")
        self.certificate = self._sign(self._name, self._key, DAY, [(x509.BasicConstraints(True, None), True)])
        self.file = _write(folder / f"{name}-ca.crt", _pem(self.certificate))

    def issue(self, name, days=1, host=None, names=None, begins=-30):
        """Writes a certificate and its key, for a host if it isn't this machine, or for other names; returns both paths. A
        negative number of days makes an expired one, a positive day of its beginning one that isn't valid yet."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = names or [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        if host:
            names = [x509.DNSName(host)]
        certificate = self._sign(_name(name), key, days * DAY, [(x509.SubjectAlternativeName(names), False)], begins * DAY)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return (
            _write(self.folder / f"{name}.crt", _pem(certificate)),
            _write(self.folder / f"{name}.key", private),
        )

    def for_exporters(self, path):
        """A folder as `setup --tls` takes it, for exporters."""
        path.mkdir(parents=True)
        for file, name in zip((self.file, *self.issue("exporter")), ("ca.crt", "tls.crt", "tls.key")):
            (path / name).write_bytes(file.read_bytes())
        return path

    def client(self, pair=None):
        """A client's context that trusts this authority, and perhaps shows a certificate."""
        context = ssl.create_default_context(cafile=self.file)
        if pair:
            context.load_cert_chain(*pair)
        return context

    def server(self, pair, asks=False):
        """A server's context; `asks` for clients' certificates of this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        if asks:
            context.load_verify_locations(self.file)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def channel_credentials(self, pair=None):
        """The same for gRPC."""
        certificate, key = (path.read_bytes() for path in pair) if pair else (None, None)
        return grpc.ssl_channel_credentials(self.file.read_bytes(), key, certificate)

    def _sign(self, subject, key, lifetime, extensions, begins=-30 * DAY):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + lifetime)
        )
        for extension, is_critical in extensions:
            builder = builder.add_extension(extension, critical=is_critical)
        return builder.sign(self._key, hashes.SHA256())


def shown_by(address):
    """The certificate that a server shows."""
    host, port = address.rsplit(":", 1)
    return x509.load_pem_x509_certificate(ssl.get_server_certificate((host, int(port))).encode())


def read(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path, contents):
    path.write_bytes(contents)
    return path
