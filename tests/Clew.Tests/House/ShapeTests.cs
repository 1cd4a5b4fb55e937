using System.Runtime.CompilerServices;
using Clew.Ed25519;
using Clew.Events;
using Clew.Zstandard;

namespace Clew.Tests.House;

public sealed class ShapeTests
{
    [Fact]
    public void Every_class_is_sealed_or_abstract_or_static() =>
        Assert.Empty(typeof(StreamName).Assembly.GetTypes().Concat(typeof(Ed25519Signer).Assembly.GetTypes()).Concat(typeof(ZstandardCodec).Assembly.GetTypes())
            .Where(type => type.IsClass && !type.IsSealed && !type.IsAbstract && !IsGenerated(type))
            .Select(type => type.FullName));

    private static bool IsGenerated(Type type) =>
        type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        || type.Name.StartsWith('<')
        || (type.DeclaringType is { } outer && IsGenerated(outer));
}
