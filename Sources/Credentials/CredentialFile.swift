import Foundation
import Glibc
import NIOSSL
import Support
package import YAML

/// Why a certificate, key, token or password in a file can't be used. Never quotes the file.
package struct CredentialError: Error, Hashable, CustomStringConvertible {
    /// Where the configuration or the rule file names the file.
    package let position: SourcePosition
    package let description: String

    /// - Parameter field: the setting that names the file.
    init(_ field: String, _ file: FileReference, _ reason: String) {
        position = file.position
        description = "\(field): \(PrintableText.escape(file.path)): \(reason)"
    }
}

/// A file that holds a credential, and the setting that names it.
package struct CredentialFile: Hashable, Sendable {
    let field: String
    let file: FileReference
    package var path: String { file.path }
    package var position: SourcePosition { file.position }

    /// No certificate, key or token is larger.
    private static let bytesMax = 1 << 20

    /// Reads a setting that names a file.
    ///
    /// - Returns: nil without the setting, or if its value isn't a path; `diagnostics` says so.
    package init?(_ field: String, of mapping: YAMLMapping, _ diagnostics: inout Diagnostics) {
        guard let node = mapping[field], let path = node.string(field, &diagnostics) else { return nil }
        guard !path.isEmpty else {
            diagnostics.report(node.start, "\(field) must be the path of a file, but found an empty one")
            return nil
        }
        self.field = field
        file = FileReference(path: FilePath.resolved(path, in: diagnostics.file), position: node.start)
    }

    /// A file that the command line or the environment names.
    init(_ option: String, path: String) {
        field = option
        file = FileReference(path: path, position: .start)
    }

    func failure(_ reason: String) -> CredentialError { CredentialError(field, file, reason) }

    func contents() throws(CredentialError) -> [UInt8] {
        let descriptor = unsafe open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(unsafe String(cString: strerror(errno)).lowercased()) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard !EndlessDevice.isOpen(as: descriptor) else { throw failure("it is a device, which never ends") }
        let bytes: [UInt8]
        do {
            bytes = Array(try handle.read(upToCount: Self.bytesMax + 1) ?? Data())
        } catch {
            throw failure("it can't be read; it must be a regular file")
        }
        guard bytes.count <= Self.bytesMax else { throw failure("it is larger than \(Self.bytesMax) bytes") }
        return bytes
    }

    /// The only line of a file, without the line break that editors add.
    package func secret() throws(CredentialError) -> String {
        let text = String(decoding: try contents(), as: UTF8.self)
        let line = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !line.isEmpty else { throw failure("it is empty") }
        guard line.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw failure("it has more than one line, or control characters")
        }
        return line
    }

    /// What changes when the file does; nil if it is not there.
    package var stamp: FileStamp? { FileStamp(file.path) }
}

/// Identifies the contents of a file without reading them. Links are followed, so it also changes when Kubernetes updates a
/// mounted Secret.
package struct FileStamp: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let bytes: Int64
    private let changed: [Int]

    init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        bytes = Int64(status.st_size)
        changed = [
            status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
    }
}

extension CredentialFile {
    /// The certificates of a PEM file, at least one.
    func certificates() throws(CredentialError) -> [NIOSSLCertificate] {
        let bytes = try contents()
        let found = try? NIOSSLCertificate.fromPEMBytes(bytes)
        guard let found, !found.isEmpty else {
            throw failure("it holds no certificate; it must be a PEM file with BEGIN CERTIFICATE")
        }
        return found
    }

    func privateKey() throws(CredentialError) -> NIOSSLPrivateKey {
        let bytes = try contents()
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw failure("it holds no private key; it must be a PEM file with BEGIN PRIVATE KEY, without a passphrase")
        }
        return key
    }

    /// A context that uses the key in this file.
    /// - Parameter certificate: what names the certificate that it must belong to.
    func context(_ configuration: TLSConfiguration, certificate: String = "cert_file") throws(CredentialError)
        -> NIOSSLContext
    {
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw failure("the key doesn't belong to the certificate in \(certificate)")
        }
    }
}
