// Builds the pause program: see ../build.sh.
module dst-load.dev/hack/tools/pause

go 1.26
