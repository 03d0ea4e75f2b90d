import ArgumentParser
import Foundation
import Support

/// Options that the environment sets: `FAULTLINE_LISTEN` for `--listen` of every command that has it, or
/// `FAULTLINE_VIEW_LISTEN` for that of one command. The command line takes precedence.
struct EnvironmentOptions {
    /// What was set, for messages about its values.
    private(set) var used: [(option: String, variable: String)] = []
    /// The command line, completed.
    private(set) var arguments: [String]

    private static let prefix = "FAULTLINE_"

    /// - Parameters:
    ///   - arguments: the command line, without the program's name.
    ///   - environment: others of its variables are ignored: a service named "faultline" makes Kubernetes set some.
    ///   - description: what Argument Parser says about all commands, in JSON.
    /// - Throws: `ValidationError` if a flag is neither true nor false.
    init(
        completing arguments: [String], _ environment: [String: String], description: @autoclosure () -> String
    ) throws {
        self.arguments = arguments
        let given = environment.filter { $0.key.hasPrefix(Self.prefix) && !$0.value.isEmpty }
        guard !given.isEmpty,
            let tool = try? JSONDecoder().decode(CommandDescription.Tool.self, from: Data(description().utf8))
        else { return }
        var (command, path) = (tool.command, [String]())
        while path.count < arguments.count, let next = command.subcommand(named: arguments[path.count]) {
            path.append(next.commandName)
            command = next
        }
        guard command.subcommands?.isEmpty ?? true, !path.isEmpty else { return }
        let own = arguments.prefix { $0 != "--" }
        guard !own.contains("--help"), !own.contains("-h") else { return }
        var added: [String] = []
        for argument in command.arguments ?? [] where !argument.isGiven(in: own) {
            guard let name = argument.longName else { continue }
            let names = [(path + [name]).joined(separator: "_"), name].map(Self.variable)
            guard let variable = names.first(where: { given[$0] != nil }), let value = given[variable] else { continue }
            added += try argument.words(value, of: variable)
            used.append(("--\(name)", variable))
        }
        self.arguments.insert(contentsOf: added, at: path.count)
    }

    private static func variable(_ name: String) -> String {
        prefix + name.uppercased().replacing("-", with: "_")
    }

    /// Where the options in a message come from; nil if none is from the environment.
    func note(on message: String) -> String? {
        let named = used.filter { message.contains($0.option) }
        guard !named.isEmpty else { return nil }
        return named.map { "\($0.option) is from the environment: \($0.variable)" }.joined(separator: "; ")
    }
}

extension CommandLine {
    /// Whether an option was typed. One that the environment sets is for commands that can use it, and doesn't get in the
    /// way of the others.
    static func has(_ option: String) -> Bool {
        arguments.prefix { $0 != "--" }.contains { $0 == option || $0.hasPrefix("\(option)=") }
    }
}

/// Commands as Argument Parser describes them.
private struct CommandDescription: Decodable {
    struct Tool: Decodable {
        var command: CommandDescription
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String
        }

        var kind: String
        var isRepeating: Bool
        var names: [Name]?

        var longName: String? {
            guard kind == "option" || kind == "flag" else { return nil }
            return names?.first { $0.kind == "long" && $0.name != "help" && $0.name != "version" }?.name
        }

        func isGiven(in arguments: ArraySlice<String>) -> Bool {
            (names ?? []).contains { name in
                let option = name.kind == "long" ? "--\(name.name)" : "-\(name.name)"
                return arguments.contains { $0 == option || $0.hasPrefix("\(option)=") }
            }
        }

        /// The words of the command line that stand for a variable's value.
        func words(_ value: String, of variable: String) throws -> [String] {
            guard let longName else { return [] }
            if kind == "flag" {
                switch value.lowercased() {
                case "true", "1", "yes", "on": return ["--\(longName)"]
                case "false", "0", "no", "off": return []
                default:
                    throw ValidationError("\(variable) is true or false, but found \(PrintableText.quote(value))")
                }
            }
            // As in PATH.
            let values = isRepeating ? value.split(separator: ":").map(String.init) : [value]
            return values.map { "--\(longName)=\($0)" }
        }
    }

    var commandName: String
    var aliases: [String]?
    var subcommands: [CommandDescription]?
    var arguments: [Argument]?

    func subcommand(named name: String) -> CommandDescription? {
        subcommands?.first { $0.commandName == name || $0.aliases?.contains(name) == true }
    }
}
