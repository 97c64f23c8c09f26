#compdef esta
# Completes esta in zsh: source <(esta completion zsh), after compinit
# The words before the cursor go to esta in ESTA_WORDS, parted by the unit separator; a candidate comes back a line,
# its description after a tab. Where there is none, zsh completes files.
_esta() {
  local line
  local -a found
  for line in "${(@f)$(ESTA_WORDS="${(pj:\x1f:)words[2,CURRENT]}" esta completion 2>/dev/null)}"; do
    # _describe wants name:description, a colon in the name escaped.
    [[ -n $line ]] && found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  if (( $#found )); then _describe esta found; else _files; fi
}
compdef _esta esta
