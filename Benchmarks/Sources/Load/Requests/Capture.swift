import Archive
import OTLP

/// The Export requests of an archive, as their bytes.
struct Capture {
    let requests: [[UInt8]]

    init(_ archives: [String]) throws {
        var requests: [[UInt8]] = []
        for archive in archives {
            var reader = try ArchiveReader(archive)
            var isJSON = false
            while try reader.next({ body, encoding in
                isJSON = encoding == .json
                requests.append(unsafe body.withUnsafeBytes { unsafe Array($0) })
            }) {
                if isJSON { throw CaptureError.json }
            }
        }
        guard !requests.isEmpty else { throw CaptureError.empty }
        self.requests = requests
    }
}

enum CaptureError: Error, CustomStringConvertible {
    case json
    case empty

    var description: String {
        switch self {
        case .json: "an archive of JSON lines can't be sent: ids and times are changed in the binary encoding"
        case .empty: "the archives hold no requests"
        }
    }
}
