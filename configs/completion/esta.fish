# Completes esta in fish: esta completion fish | source
# The words before the cursor go to esta in ESTA_WORDS, parted by the unit separator; a candidate comes back a line,
# its description after a tab. Where there is none, fish completes files.
function __esta_words
  set -l before (commandline -opc)
  set -e before[1]
  # An empty word at the cursor is a word too.
  set -l current (commandline -ct)
  test (count $current) -eq 0; and set current ''
  ESTA_WORDS=(string join \x1f -- $before $current) esta completion 2>/dev/null
end
complete -c esta -f
complete -c esta -a '(__esta_words)'
complete -c esta -F -n 'test (count (__esta_words)) -eq 0'
