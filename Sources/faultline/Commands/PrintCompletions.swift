import ArgumentParser

struct PrintCompletions: ParsableCommand {
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        fileprivate var completions: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print completions of the command line for a shell.",
        discussion: """
            bash: faultline completions bash > /etc/bash_completion.d/faultline. \
            zsh: faultline completions zsh > "${fpath[1]}/_faultline". \
            fish: faultline completions fish > ~/.config/fish/completions/faultline.fish.
            """)

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() {
        Console.print(Faultline.completionScript(for: shell.completions))
    }
}
