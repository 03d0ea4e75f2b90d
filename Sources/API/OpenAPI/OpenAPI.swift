import HTTPTypes
import Hummingbird
import NIOCore
import Support

/// The OpenAPI description of everything under `/api/v1`, made from the list of resources.
package struct OpenAPI: Encodable {
    private struct Header: Encodable {
        let title = "Faultline"
        let version: String
        let description = "Queries about the spans of a Kubernetes control plane. See docs/api.md."
    }

    private struct Parameter: Encodable {
        let name: String
        let `in`: String
        let required: Bool
        let description: String
        let schema = Schema.text
    }

    private struct Content: Encodable {
        var schema: Schema
    }

    private struct Reply: Encodable {
        var description: String
        var content: [String: Content]

        static func problem(_ description: String) -> Reply {
            Reply(description: description, content: [Resource.jsonType: Content(schema: ProblemJSON.schema)])
        }
    }

    /// A reply of its own, or a reference to a shared one.
    private enum OperationReply: Encodable {
        case own(Reply)
        case shared(Reference)

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .own(let reply): try reply.encode(to: encoder)
            case .shared(let reference): try reference.encode(to: encoder)
            }
        }
    }

    private struct Reference: Encodable {
        let path: String

        private enum CodingKeys: String, CodingKey {
            case path = "$ref"
        }

        static func reply(_ name: String) -> OperationReply {
            .shared(Reference(path: "#/components/responses/\(name)"))
        }
    }

    private struct Operation: Encodable {
        var operationId: String
        var summary: String
        var parameters: [Reference]
        var responses: [String: OperationReply]
    }

    private struct Components: Encodable {
        var schemas: [String: Schema]
        var parameters: [String: Parameter]
        let responses = [
            "WrongParameter": Reply.problem("a wrong parameter: which, what was given and what would be right"),
            "NoToken": .problem("the daemon asks for a token (token_file), and the request has none of its tokens"),
            "WrongHost": .problem(
                "the request's Host is neither an address nor one of the daemon's host names (allowed_hosts)"),
            "NotFound": .problem("not found"),
            "TooMany": .problem("too many queries at once; see Retry-After"),
            "TooSlow": .problem("no answer in time; see Retry-After"),
        ]
    }

    private static let prefix = "/api/v1/"
    fileprivate static let descriptionPath = "/api/v1/openapi.json"

    private let openapi = "3.1.0"
    private let info: Header
    private let paths: [String: [String: Operation]]
    private let components: Components

    package init(version: String) {
        info = Header(version: version)
        let described = Resource.all.filter { $0.path.hasPrefix(Self.prefix) }
        paths = Dictionary(uniqueKeysWithValues: described.map { (Self.path($0), ["get": Self.operation($0)]) })
        components = Components(
            schemas: Dictionary(uniqueKeysWithValues: Schema.shared.map { ($0.key, $0.value) }),
            parameters: Dictionary(described.flatMap { Self.parameters($0) }.map { ($0.name, $0) }) { first, _ in first
            })
    }

    /// Keys in alphabetical order.
    package var json: String {
        get throws { try JSONText.encode(self) }
    }

    private static func path(_ resource: Resource) -> String {
        resource.path.split(separator: "/").map { "/" + ($0.hasPrefix(":") ? "{\($0.dropFirst())}" : $0) }.joined()
    }

    private static func parameters(_ resource: Resource) -> [Parameter] {
        (resource.parameters ?? []).map { parameter in
            let isVariable = resource.variables.contains(parameter.name)
            return Parameter(
                name: parameter.name, in: isVariable ? "path" : "query", required: isVariable,
                description: parameter.rule)
        }
    }

    private static func operation(_ resource: Resource) -> Operation {
        var replies = [
            "200": OperationReply.own(
                Reply(
                    description: "the answer",
                    content: [resource.contentType: Content(schema: resource.answer)])),
            "400": Reference.reply("WrongParameter"), "401": Reference.reply("NoToken"),
            "403": Reference.reply("WrongHost"),
        ]
        // The description itself is never refused, nor late.
        if resource.path != descriptionPath { replies["429"] = Reference.reply("TooMany") }
        if resource.path != descriptionPath, resource.contentType == Resource.jsonType {
            replies["504"] = Reference.reply("TooSlow")
        }
        if !resource.variables.isEmpty { replies["404"] = Reference.reply("NotFound") }
        return Operation(
            operationId: resource.shownPath.dropFirst(prefix.count).lowercased().replacing("/", with: "_")
                .replacing(".", with: "_"),
            summary: resource.summary,
            parameters: parameters(resource).map { Reference(path: "#/components/parameters/\($0.name)") },
            responses: replies)
    }
}

extension Resource {
    /// This description.
    static let openapi = Resource(
        path: OpenAPI.descriptionPath, parameters: [], summary: "this description", answer: .map(.any)
    ) { exchange in
        let text = try OpenAPI(version: exchange.surface.version).json
        return Response(
            status: .ok, headers: [.contentType: jsonType], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
