# Shorthands; everything they do is in hack/, and works without just.

# The targets
default:
    @just --list

# Install the Debian packages
deps:
    hack/deps.sh

# Build what ships
build:
    cmake --preset release
    cmake --build --preset release

# Run every test, or some sections: just test unit
test *sections:
    hack/test.sh {{ sections }}

# From nothing to a verdict on a local cluster
quickstart *flags:
    hack/quickstart.sh {{ flags }}

# A local cluster: just cluster up, just cluster down
cluster *arguments:
    hack/cluster.sh {{ arguments }}

# Make the image and give it to the local clusters
image:
    hack/image.sh

# Install or upgrade the operator where kubectl points
install *flags:
    "$(hack/tools/build.sh --path helm)" upgrade --install dst-load charts/dst-load-operator --namespace dst-load --create-namespace --wait {{ flags }}

# Format the sources
format:
    git ls-files '*.cc' '*.h' | xargs clang-format-14 -i
