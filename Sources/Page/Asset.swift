/// A file of the page: what a browser is sent, unchanged.
package struct Asset: Sendable {
    /// The last component of its URL.
    package let name: String
    package let content: [UInt8]
    /// Strong: it changes with the content, whatever the release.
    package let entityTag: String

    init(_ name: String, _ content: [UInt8]) {
        self.name = name
        self.content = content
        entityTag = "\"\(String(Self.hash(content), radix: 16))\""
    }

    package var contentType: String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        default: "image/svg+xml"
        }
    }

    /// FNV-1a. Only this binary's own files are compared, so collisions can't be provoked.
    private static func hash(_ content: [UInt8]) -> UInt64 {
        content.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
