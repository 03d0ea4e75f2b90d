import ArgumentParser
import Daemon
import Foundation
import MCP

/// `faultline mcp`: a server for assistants on standard input and output.
struct ServeAssistants: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mcp",
        abstract: "Let an AI assistant query a daemon: a Model Context Protocol server on standard input and output.",
        discussion: """
            Configure it as a command, for example {"command": "faultline", "args": ["mcp", "--address", \
            "127.0.0.1:9464"]}. It only reads.
            """)

    @OptionGroup var daemon: DaemonOptions

    private static let lineMax = 1 << 20

    func run() async throws {
        let server = MCPServer(try daemon.client(), version: Version.current)
        var lines = LineSplitter(bytesMax: Self.lineMax)
        while true {
            let bytes = FileHandle.standardInput.availableData
            guard !bytes.isEmpty else { return }
            for line in lines.split(bytes) {
                let reply =
                    if let line { await server.reply(to: line) } else { MCPServer.tooLong(Self.lineMax) }
                if let reply { Console.print(reply) }
            }
        }
    }
}

/// Cuts a stream into lines.
struct LineSplitter {
    private let bytesMax: Int
    private var line: [UInt8] = []
    private var isTooLong = false

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    /// The lines that end in these bytes; nil for one that is longer than allowed. Empty ones are left out.
    mutating func split(_ bytes: some Sequence<UInt8>) -> [[UInt8]?] {
        var found: [[UInt8]?] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if isTooLong { found.append(nil) } else if line.contains(where: { $0 > 0x20 }) { found.append(line) }
                line.removeAll(keepingCapacity: true)
                isTooLong = false
            } else if line.count < bytesMax {
                line.append(byte)
            } else {
                isTooLong = true
            }
        }
        return found
    }
}
